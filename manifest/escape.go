package manifest

import (
	"bytes"
	"strings"
)

// AppendStatusName appends name as --check shows it in front of ": OK" and
// ": FAILED", and returns the extended buffer. Only a line feed, which would
// make two lines of one, has it escaped, with the backslash in front that says
// so; later releases escape for a backslash (9.4) or quote for a shell (9.11).
func AppendStatusName(dst []byte, name string) []byte {
	return PourStatusName(dst, name, func(dst []byte) []byte { return dst })
}

// PourStatusName is AppendStatusName for names of any length: whenever dst has grown by
// some KiB it is poured out, and what pour returns is appended to.
func PourStatusName(dst []byte, name string, pour func([]byte) []byte) []byte {
	const piece = 32 << 10
	escape := strings.IndexByte(name, '\n') >= 0
	if escape {
		dst = append(dst, '\\')
	}
	for len(name) > piece {
		dst = pour(appendName(dst, name[:piece], escape))
		name = name[piece:]
	}
	return appendName(dst, name, escape)
}

// needsEscape reports whether a manifest must hold name escaped.
func needsEscape(name string) bool {
	return strings.IndexByte(name, '\\') >= 0 ||
		strings.IndexByte(name, '\n') >= 0 ||
		strings.IndexByte(name, '\r') >= 0
}

func appendName(dst []byte, name string, escape bool) []byte {
	if !escape {
		return append(dst, name...)
	}
	for i := range len(name) {
		switch c := name[i]; c {
		case '\\':
			dst = append(dst, `\\`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// unescaped maps the byte behind a backslash to what the two stand for, and
// every byte that may not follow one to zero.
var unescaped = [256]byte{'\\': '\\', 'n': '\n', 'r': '\r'}

// invalidEscape returns where name stops being a valid escaped name, or -1: the
// index of the first NUL, or of the first backslash that begins no escape. GNU
// refuses a NUL in an escaped name, though it cuts other names at theirs.
func invalidEscape(name []byte) int {
	nul := bytes.IndexByte(name, 0)
	if nul >= 0 {
		name = name[:nul]
	}
	for i := 0; ; i += 2 {
		next := bytes.IndexByte(name[i:], '\\')
		if next < 0 {
			return nul
		}
		i += next
		if i+1 == len(name) || unescaped[name[i+1]] == 0 {
			return i
		}
	}
}

// decodeName returns the name that raw stands for.
func decodeName(raw []byte, escaped bool) (name string, ok bool) {
	if escaped {
		return unescape(raw)
	}
	// To GNU a name is a C string.
	if i := bytes.IndexByte(raw, 0); i >= 0 {
		raw = raw[:i]
	}
	return string(raw), true
}

func unescape(raw []byte) (name string, ok bool) {
	if invalidEscape(raw) >= 0 {
		return "", false
	}
	var b strings.Builder
	b.Grow(len(raw))
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			b.Write(raw)
			return b.String(), true
		}
		b.Write(raw[:i])
		b.WriteByte(unescaped[raw[i+1]])
		raw = raw[i+2:]
	}
}
