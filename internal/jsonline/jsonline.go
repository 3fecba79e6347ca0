// Package jsonline writes JSON objects, one per line:
//
//	o := jsonline.Begin(buf)
//	o.Text("type", "file")
//	o.Name("name", name)
//	buf = o.End()
//
// For any arguments, the output is JSON (RFC 8259) in valid UTF-8, and the newline at
// the end is its only character that strconv.IsPrint calls unprintable; all others are
// escaped. So a line is safe to show on a terminal, and programs that split text at
// Unicode or JavaScript line ends (U+0085, U+2028, U+2029) see one line. It is no
// command to the runner of GitHub Actions either: it begins with a brace and does not
// contain "##[".
//
// Nothing is allocated while the buffer has room, and arguments are not kept. The
// caller must use each key once, and only keys that need no escaping.
package jsonline

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An Object is appended to a buffer, member by member.
type Object struct{ buf []byte }

// Begin begins an object after the contents of dst.
func Begin(dst []byte) Object { return Object{append(dst, '{')} }

// End ends the object and the line, and returns the extended buffer.
func (o *Object) End() []byte { return append(o.buf, '}', '\n') }

// comma appends a comma, except before the first member.
func (o *Object) comma() {
	if o.buf[len(o.buf)-1] != '{' {
		o.buf = append(o.buf, ',')
	}
}

// key appends a key.
func (o *Object) key(key string) {
	o.comma()
	o.buf = append(o.buf, '"')
	o.buf = append(o.buf, key...)
	o.buf = append(o.buf, '"', ':')
}

// Member adds a member in the format of AppendName, such as one that many objects
// share.
func (o *Object) Member(member []byte) {
	o.comma()
	o.buf = append(o.buf, member...)
}

// Text adds a string. Invalid UTF-8 becomes U+FFFD.
func (o *Object) Text(key, text string) {
	o.key(key)
	o.buf = AppendString(o.buf, text)
}

// Name adds the member of AppendName.
func (o *Object) Name(key, name string) {
	o.comma()
	o.buf = AppendName(o.buf, key, name)
}

// Hex adds bytes in lower-case hexadecimal.
func (o *Object) Hex(key string, bytes []byte) {
	o.key(key)
	o.buf = append(o.buf, '"')
	o.buf = hex.AppendEncode(o.buf, bytes)
	o.buf = append(o.buf, '"')
}

// Uint adds a number.
func (o *Object) Uint(key string, n uint64) {
	o.key(key)
	o.buf = strconv.AppendUint(o.buf, n, 10)
}

// Bool adds a boolean.
func (o *Object) Bool(key string, b bool) {
	o.key(key)
	o.buf = strconv.AppendBool(o.buf, b)
}

// Texts adds an array of strings.
func (o *Object) Texts(key string, texts []string) {
	o.key(key)
	o.buf = append(o.buf, '[')
	for i, text := range texts {
		if i > 0 {
			o.buf = append(o.buf, ',')
		}
		o.buf = AppendString(o.buf, text)
	}
	o.buf = append(o.buf, ']')
}

// AppendName appends a member for a name of any bytes without loss. A name that is not
// valid UTF-8 is encoded in base64 (RFC 4648, with padding), and "_base64" is appended
// to the key.
func AppendName(dst []byte, key, name string) []byte {
	dst = append(dst, '"')
	dst = append(dst, key...)
	if utf8.ValidString(name) {
		dst = append(dst, '"', ':')
		return AppendString(dst, name)
	}
	dst = append(dst, `_base64":"`...)
	dst = appendBase64(dst, name)
	return append(dst, '"')
}

// AppendString appends s as a JSON string, quotes included.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for len(s) > 0 {
		n := 0
		for n < len(s) && plain(s[n]) && !isCommand(s[:n+1]) {
			n++
		}
		dst = append(dst, s[:n]...)
		if s = s[n:]; len(s) > 0 {
			r, size := utf8.DecodeRuneInString(s)
			dst = appendRune(dst, r)
			s = s[size:]
		}
	}
	return append(dst, '"')
}

// plain reports whether a byte needs no escape in a string.
func plain(c byte) bool {
	return ' ' <= c && c < 0x7f && c != '"' && c != '\\'
}

// isCommand reports whether s ends in "##[", which GitHub's runner looks for anywhere
// in a line.
func isCommand(s string) bool { return strings.HasSuffix(s, "##[") }

// appendRune appends a character that is not plain.
func appendRune(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '[':
		return appendUnit(dst, r)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	switch {
	case strconv.IsPrint(r):
		return utf8.AppendRune(dst, r)
	case r < 0x10000:
		return appendUnit(dst, r)
	}
	r -= 0x10000 // surrogate pair
	return appendUnit(appendUnit(dst, 0xd800+r>>10), 0xdc00+r&0x3ff)
}

// appendUnit appends the escape of a UTF-16 code unit.
func appendUnit(dst []byte, u rune) []byte {
	return hex.AppendEncode(append(dst, `\u`...), []byte{byte(u >> 8), byte(u)})
}

// appendBase64 appends s in base64, piece by piece: the library takes no string, and
// copying the whole would allocate.
func appendBase64(dst []byte, s string) []byte {
	var piece [96]byte // a multiple of three, so that only the last piece is padded
	for len(s) > 0 {
		n := copy(piece[:], s)
		dst = base64.StdEncoding.AppendEncode(dst, piece[:n])
		s = s[n:]
	}
	return dst
}
