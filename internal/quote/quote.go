// Package quote writes file names into messages as GNU programs do, so that
// whatever bytes a name holds the message stays on one line, shows no control
// character, and the name can be pasted into a shell.
package quote

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// AppendShell appends name to dst as GNU's diagnostics quote a file name:
// gnulib's shell-escape style with the colon counted as special, because a
// colon separates the parts of a message. A harmless name is appended as it is;
// others get quotes:
//
//	'a b'
//	"it's"
//	'a'$'\n''b'
//
// With utf8Locale the name's printable UTF-8 characters are shown; without, as
// in the C locale, every byte from 0x80 up is escaped. What is printable is the
// C library's knowledge in GNU's programs and Unicode's in Go's tables here:
// the two differ for characters that only the newer of them has heard of.
//
// coreutils before 9.6 begin a name that has an apostrophe and ends in an
// escaped byte with wrong quotes, which a shell may read as another name. That
// is not copied: such names are quoted as by 9.6.
func AppendShell(dst []byte, name string, utf8Locale bool) []byte {
	return appendShell(dst, name, charset{utf8Locale, isPrint}, nil)
}

// PourShell is AppendShell for names of any length: whenever dst is longer than some
// KiB it is poured out, and what pour returns is appended to.
func PourShell(dst []byte, name string, utf8Locale bool, pour func([]byte) []byte) []byte {
	return appendShell(dst, name, charset{utf8Locale, isPrint}, pour)
}

// AppendVisible is AppendShell for a line that has more in it than the name, on a
// terminal: GNU shows characters that have no look of their own, and this escapes
// them. Some would turn around what follows, and none can be told from nothing.
func AppendVisible(dst []byte, name string, utf8Locale bool) []byte {
	return appendShell(dst, name, charset{utf8Locale, isVisible}, nil)
}

func appendShell(dst []byte, name string, chars charset, pour func([]byte) []byte) []byte {
	switch styleOf(name, chars) {
	case bare:
		return appendRaw(dst, name, pour)
	case double:
		dst = append(dst, '"')
		dst = appendRaw(dst, name, pour)
		return append(dst, '"')
	default:
		return appendSingle(dst, name, chars, pour)
	}
}

// pourFrom is how long what is poured out is at the least.
const pourFrom = 32 << 10

func appendRaw(dst []byte, name string, pour func([]byte) []byte) []byte {
	for pour != nil && len(name) > pourFrom {
		dst = pour(append(dst, name[:pourFrom]...))
		name = name[pourFrom:]
	}
	return append(dst, name...)
}

// A charset tells which characters are shown as they are. In ASCII these are all
// but the control characters.
type charset struct {
	utf8  bool            // else there is nothing but ASCII
	shows func(rune) bool // those outside of ASCII
}

type style int

const (
	bare   style = iota // as it is
	double              // "it's": for an apostrophe among harmless characters
	single              // 'a b': fits everything
)

func styleOf(name string, chars charset) style {
	if name == "" || name == "{" || name == "}" {
		return single
	}
	special, apostrophe, doubleFits := false, false, true
	for i := 0; i < len(name); {
		width, printable := chars.unit(name[i:])
		if !printable {
			return single
		}
		if c := name[i]; c < utf8.RuneSelf {
			special = special || isSpecial(c, i == 0)
			apostrophe = apostrophe || c == '\''
			doubleFits = doubleFits && fitsDouble(c, i == 0)
		}
		i += width
	}
	switch {
	case !special:
		return bare
	case apostrophe && doubleFits:
		return double
	default:
		return single
	}
}

// isSpecial reports whether a printable ASCII byte calls for quotes.
func isSpecial(c byte, first bool) bool {
	if c == '#' || c == '~' {
		return first
	}
	return strings.IndexByte(" !\"$&'()*:;<=>?[\\^`|", c) >= 0
}

// fitsDouble reports whether a printable ASCII byte may stand between double
// quotes. GNU is stricter here than a shell: a } or a later # would do no harm,
// but gets single quotes.
func fitsDouble(c byte, first bool) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	case c == '#' || c == '~':
		return first
	}
	return strings.IndexByte(" %'+,-./:@]_", c) >= 0
}

// appendSingle appends name between single quotes, which can hold anything but
// an apostrophe and what cannot be shown. Each leaves the quotes for a moment:
// an apostrophe to be written behind a backslash, a run of unprintable bytes for
// a $'...' of its own.
func appendSingle(dst []byte, name string, chars charset, pour func([]byte) []byte) []byte {
	escaping := false
	dst = append(dst, '\'')
	for i := 0; i < len(name); {
		width, printable := chars.unit(name[i:])
		text := name[i : i+width]
		i += width
		switch {
		case text == "'":
			dst = append(dst, `'\''`...) // closes $'...' just as well
			escaping = false
		case printable:
			if escaping { // close $'...', open '...'
				dst = append(dst, `''`...)
				escaping = false
			}
			dst = append(dst, text...)
		default:
			if !escaping {
				dst = append(dst, `'$'`...)
				escaping = true
			}
			dst = appendEscapes(dst, text)
		}
		if pour != nil && len(dst) > pourFrom {
			dst = pour(dst)
		}
	}
	return append(dst, '\'')
}

// appendEscapes appends bytes as they are written inside $'...'.
func appendEscapes(dst []byte, text string) []byte {
	const first, letters = '\a', "abtnvfr" // \a is 7, \r is 13
	for _, c := range []byte(text) {
		if i := int(c) - first; 0 <= i && i < len(letters) {
			dst = append(dst, '\\', letters[i])
		} else {
			dst = append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		}
	}
	return dst
}

// unit returns the width of the first byte or character of s, which is not
// empty, and whether it is shown as it is.
func (c charset) unit(s string) (width int, shown bool) {
	if b := s[0]; b < utf8.RuneSelf {
		return 1, ' ' <= b && b <= '~'
	}
	if !c.utf8 {
		return 1, false
	}
	r, width := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && width == 1 {
		return 1, false
	}
	return width, c.shows(r)
}

// isPrint is glibc's iswprint for characters outside ASCII. Unlike
// unicode.IsGraphic it takes in the format characters (soft hyphen, joiners,
// marks of direction) and the private use areas.
func isPrint(r rune) bool {
	return unicode.IsGraphic(r) || unicode.In(r, unicode.Cf, unicode.Co)
}

// isVisible is isPrint but for characters of which nothing is to be seen: the format
// characters again (Cf), and letters and marks that Unicode has ignored by default,
// as fillers, joiners and selectors of variants are.
func isVisible(r rune) bool {
	return isPrint(r) && !unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
