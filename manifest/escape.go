package manifest

import (
	"bytes"
	"strings"
)

// AppendStatusName appends name as --check prints it before ": OK" and ": FAILED", and
// returns the extended buffer. A name with a line feed is escaped and preceded by a
// backslash, as in GNU 9.1; 9.4 also escapes names with a backslash, and 9.11 quotes
// for a shell.
func AppendStatusName(dst []byte, name string) []byte {
	return PourStatusName(dst, name, func(dst []byte) []byte { return dst })
}

// PourStatusName is AppendStatusName for names of any length: whenever dst has grown by
// 32 KiB it calls pour with it, and continues to append to the buffer that pour
// returns.
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

// needsEscape reports whether name must be escaped in a manifest.
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

// unescaped maps the byte after a backslash to the byte that the escape stands for, or
// 0 if the escape is invalid.
var unescaped = [256]byte{'\\': '\\', 'n': '\n', 'r': '\r'}

// invalidEscape returns the index of the first NUL or invalid escape in name, or -1.
// GNU rejects a NUL in an escaped name, and truncates other names at it.
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
	// GNU treats a name as a C string.
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
