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
	switch styleOf(name, utf8Locale) {
	case bare:
		return append(dst, name...)
	case double:
		dst = append(dst, '"')
		dst = append(dst, name...)
		return append(dst, '"')
	default:
		return appendSingle(dst, name, utf8Locale)
	}
}

type style int

const (
	bare   style = iota // as it is
	double              // "it's": for an apostrophe among harmless characters
	single              // 'a b': fits everything
)

func styleOf(name string, utf8Locale bool) style {
	if name == "" || name == "{" || name == "}" {
		return single
	}
	special, apostrophe, doubleFits := false, false, true
	for i := 0; i < len(name); {
		width, printable := unit(name[i:], utf8Locale)
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
func appendSingle(dst []byte, name string, utf8Locale bool) []byte {
	escaping := false
	dst = append(dst, '\'')
	for i := 0; i < len(name); {
		width, printable := unit(name[i:], utf8Locale)
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
func unit(s string, utf8Locale bool) (width int, printable bool) {
	if c := s[0]; c < utf8.RuneSelf {
		return 1, ' ' <= c && c <= '~'
	}
	if !utf8Locale {
		return 1, false
	}
	r, width := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && width == 1 {
		return 1, false
	}
	return width, isPrint(r)
}

// isPrint is glibc's iswprint for characters outside ASCII. Unlike
// unicode.IsGraphic it takes in the format characters (soft hyphen, joiners,
// marks of direction) and the private use areas.
func isPrint(r rune) bool {
	return unicode.IsGraphic(r) || unicode.In(r, unicode.Cf, unicode.Co)
}
