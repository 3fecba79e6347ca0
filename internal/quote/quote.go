// Package quote quotes file names in messages as GNU programs do: whatever bytes a name
// contains, the message stays on one line, has no control characters, and the name can
// be pasted into a shell.
package quote

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// AppendShell appends name to dst as GNU's diagnostics quote file names: gnulib's
// shell-escape style, with the colon counted as special because it separates the parts
// of a message. Names without special characters are appended unchanged; others are
// quoted:
//
//	'a b'
//	"it's"
//	'a'$'\n''b'
//
// With utf8Locale, printable UTF-8 characters are shown; without it, as in the C
// locale, all bytes from 0x80 on are escaped. GNU programs take what is printable from
// the C library, this package from Go's Unicode tables; they differ for characters that
// only the newer one knows.
//
// coreutils before 9.6 quote names with an apostrophe that end in an escaped byte
// wrongly, so that a shell may read another name. Such names are quoted as by 9.6.
func AppendShell(dst []byte, name string, utf8Locale bool) []byte {
	return appendShell(dst, name, charset{utf8Locale, isPrint}, nil)
}

// PourShell is AppendShell for names of any length: whenever dst is longer than 32 KiB
// it calls pour with it, and continues to append to the buffer that pour returns.
func PourShell(dst []byte, name string, utf8Locale bool, pour func([]byte) []byte) []byte {
	return appendShell(dst, name, charset{utf8Locale, isPrint}, pour)
}

// AppendVisible is AppendShell for terminal lines that contain more than the name. It
// also escapes characters that GNU shows although they are invisible; some of them
// change the direction of the text that follows.
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

// pourFrom is the minimum length in bytes of what is passed to pour.
const pourFrom = 32 << 10

func appendRaw(dst []byte, name string, pour func([]byte) []byte) []byte {
	for pour != nil && len(name) > pourFrom {
		dst = pour(append(dst, name[:pourFrom]...))
		name = name[pourFrom:]
	}
	return append(dst, name...)
}

// A charset defines which characters are shown unescaped. In ASCII these are all but
// control characters.
type charset struct {
	utf8  bool            // otherwise ASCII
	shows func(rune) bool // for characters outside ASCII
}

type style int

const (
	bare   style = iota // unquoted
	double              // "it's": an apostrophe among harmless characters
	single              // 'a b': any name
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

// isSpecial reports whether a printable ASCII byte requires quotes.
func isSpecial(c byte, first bool) bool {
	if c == '#' || c == '~' {
		return first
	}
	return strings.IndexByte(" !\"$&'()*:;<=>?[\\^`|", c) >= 0
}

// fitsDouble reports whether a printable ASCII byte may be in double quotes. GNU is
// stricter than a shell: } and a later # would be harmless, but get single quotes.
func fitsDouble(c byte, first bool) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	case c == '#' || c == '~':
		return first
	}
	return strings.IndexByte(" %'+,-./:@]_", c) >= 0
}

// appendSingle appends name in single quotes, which can contain anything but
// apostrophes and unprintable bytes. These interrupt the quotes: an apostrophe with a
// backslash, a run of unprintable bytes with $'...'.
func appendSingle(dst []byte, name string, chars charset, pour func([]byte) []byte) []byte {
	escaping := false
	dst = append(dst, '\'')
	for i := 0; i < len(name); {
		width, printable := chars.unit(name[i:])
		text := name[i : i+width]
		i += width
		switch {
		case text == "'":
			dst = append(dst, `'\''`...) // also closes $'...'
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

// appendEscapes appends bytes as they are written in $'...'.
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

// unit returns the width of the first byte or character of s, which must not be empty,
// and whether it is shown unescaped.
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

// isPrint is glibc's iswprint for characters outside ASCII. Unlike unicode.IsGraphic it
// includes format characters (soft hyphen, joiners, direction marks) and private use
// areas.
func isPrint(r rune) bool {
	return unicode.IsGraphic(r) || unicode.In(r, unicode.Cf, unicode.Co)
}

// isVisible is isPrint without invisible characters: format characters (Cf), and those
// that Unicode ignores by default, such as fillers, joiners and variation selectors.
func isVisible(r rune) bool {
	return isPrint(r) && !unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
