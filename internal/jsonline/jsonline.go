// Package jsonline writes JSON objects, each of which is one line:
//
//	o := jsonline.Begin(buf)
//	o.Text("type", "file")
//	o.Name("name", name)
//	buf = o.End()
//
// It promises of what it appends, whatever the arguments hold, that it is JSON
// (RFC 8259) in valid UTF-8, and that the newline at the end is the only character
// in it that strconv.IsPrint says isn't printable: all others are escaped. A
// terminal shows such a line and obeys nothing in it, and a program that splits
// text where Unicode or JavaScript ends lines (U+0085, U+2028, U+2029) finds one.
// Nor is a line a command to the runner of GitHub Actions: it begins with a brace, and
// "##[" isn't in it.
//
// Nothing is allocated while the buffer has room, and no argument is kept. That a
// key is used once is up to the caller, and that it needs no escapes.
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

// Begin begins an object behind what dst holds.
func Begin(dst []byte) Object { return Object{append(dst, '{')} }

// End ends the object and its line, and returns the extended buffer.
func (o *Object) End() []byte { return append(o.buf, '}', '\n') }

// comma separates what comes from the member before.
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

// Member adds a member that AppendName made, or the like of it: what many objects
// have in common needs to be made once.
func (o *Object) Member(member []byte) {
	o.comma()
	o.buf = append(o.buf, member...)
}

// Text adds text for people. What isn't UTF-8 becomes U+FFFD.
func (o *Object) Text(key, text string) {
	o.key(key)
	o.buf = AppendString(o.buf, text)
}

// Name adds the member that AppendName makes.
func (o *Object) Name(key, name string) {
	o.comma()
	o.buf = AppendName(o.buf, key, name)
}

// Hex adds bytes as digits of lower case.
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

// Bool adds a truth value.
func (o *Object) Bool(key string, b bool) {
	o.key(key)
	o.buf = strconv.AppendBool(o.buf, b)
}

// Texts adds a list of texts.
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

// AppendName appends a member for a name, which may be any bytes and is kept as it
// is. If it isn't UTF-8, which is all that JSON has strings of, it is in base64
// (RFC 4648, with padding) and "_base64" is put behind the key.
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

// plain reports whether a byte stands for itself in a string.
func plain(c byte) bool {
	return ' ' <= c && c < 0x7f && c != '"' && c != '\\'
}

// isCommand reports whether what ends here would begin a command to GitHub's runner,
// which looks for "##[" in all of a line.
func isCommand(s string) bool { return strings.HasSuffix(s, "##[") }

// appendRune appends what isn't plain.
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
	r -= 0x10000 // two units of UTF-16
	return appendUnit(appendUnit(dst, 0xd800+r>>10), 0xdc00+r&0x3ff)
}

// appendUnit appends the escape of a unit of UTF-16.
func appendUnit(dst []byte, u rune) []byte {
	return hex.AppendEncode(append(dst, `\u`...), []byte{byte(u >> 8), byte(u)})
}

// appendBase64 appends s piece by piece: the library takes no string, and a copy
// of all of it would be allocated.
func appendBase64(dst []byte, s string) []byte {
	var piece [96]byte // three bytes are four letters, so only the last is padded
	for len(s) > 0 {
		n := copy(piece[:], s)
		dst = base64.StdEncoding.AppendEncode(dst, piece[:n])
		s = s[n:]
	}
	return dst
}
