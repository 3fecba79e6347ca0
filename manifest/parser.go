package manifest

import (
	"bytes"
	"fmt"
	"io"
)

// A Parser is what the manifests of one run of --check share: the algorithm,
// and whether GNU lines are read as standard or as reversed ones. The first GNU
// line of the run that has a digest decides that, in whichever manifest it is:
//
//   - standard, "DIGITS  NAME" or "DIGITS *NAME", as GNU prints it: a line
//     without the marker is malformed from then on;
//   - reversed, "DIGITS NAME", as BSD's md5 -r prints it: in every later line
//     the name begins right behind the first blank, so "DIGITS  a" names " a".
//
// GNU refuses the mixture because it would let whoever renames files choose
// between "a", " a" and "*a". BSD lines have no part in this.
//
// The Readers of a Parser must not be used concurrently, and give what GNU
// gives if one is read to its end before the next is begun.
type Parser struct {
	algorithm Algorithm
	style     style
	spare     []byte // the buffer of a Reader that came to its end
}

// A style says where the name begins in GNU lines.
type style uint8

const (
	undecided style = iota
	standard
	reversed
)

// NewParser returns a Parser for one run over manifests that hold digests of a.
// It panics if a has no tag, or its size is not between 1 and MaxDigestSize.
func NewParser(a Algorithm) *Parser {
	if a.Tag == "" || a.Size < 1 || a.Size > MaxDigestSize {
		panic(fmt.Sprintf("manifest: no such algorithm: %+v", a))
	}
	return &Parser{algorithm: a}
}

// NewReader returns a Reader of the manifest src. With stdin set, src is the
// standard input, which can't be one of the files it lists as well: entries
// named "-" are malformed.
func (p *Parser) NewReader(src io.Reader, stdin bool) *Reader {
	return &Reader{parser: p, src: src, stdin: stdin, size: bufferSize}
}

// parse sets e from line, which has lost its terminator and is neither empty
// nor a comment. It reports false, with some of e set, if line is malformed.
func (p *Parser) parse(line []byte, e *Entry) bool {
	h, ok := p.parseHead(line, e)
	if !ok {
		return false
	}
	var name []byte
	if h.tagged {
		name, ok = splitTagged(h.rest, e)
	} else {
		name, ok = p.applyStyle(h.rest)
	}
	if !ok {
		return false
	}
	e.Name, ok = decodeName(name, h.escaped)
	return ok
}

// A head is what a line says before its name.
type head struct {
	tagged  bool   // the line is a BSD line
	escaped bool   // the name is escaped
	rest    []byte // what follows: "NAME) = DIGITS" in a BSD line, else the marker or the name
}

// parseHead parses a line as far as the bytes before the name decide it, and in
// a GNU line the digest with them. It sets e's size, and so what the digits that
// follow must be.
func (p *Parser) parseHead(line []byte, e *Entry) (h head, ok bool) {
	e.Size = p.algorithm.Size
	h.rest, h.escaped = cutByte(trimBlanks(line), '\\')
	// A line that begins with the tag is never tried as a GNU line.
	if hasPrefix(h.rest, p.algorithm.Tag) {
		h.tagged = true
		h.rest, _ = cutByte(h.rest[len(p.algorithm.Tag):], ' ')
		h.rest, ok = cutByte(h.rest, '(')
		return h, ok
	}
	// One blank and one byte of name are the least that follows the digits.
	digits := 2 * e.Size
	if len(h.rest) < digits+2 || !isBlank(h.rest[digits]) || !decodeHex(e.Digest(), h.rest) {
		return h, false
	}
	h.rest = h.rest[digits+1:]
	return h, true
}

// splitTagged takes the "NAME) = DIGITS" of a BSD line apart. The name runs to
// the last parenthesis of the line.
func splitTagged(rest []byte, e *Entry) (name []byte, ok bool) {
	end := bytes.LastIndexByte(rest, ')')
	if end < 0 {
		return nil, false
	}
	tail, ok := cutByte(trimBlanks(rest[end+1:]), '=')
	if !ok {
		return nil, false
	}
	tail = trimBlanks(tail)
	digits := 2 * e.Size
	if len(tail) < digits {
		return nil, false
	}
	// To 9.1 the digits are a C string: it never looks behind a NUL.
	if len(tail) > digits && tail[digits] != 0 {
		return nil, false
	}
	return rest[:end], decodeHex(e.Digest(), tail)
}

// applyStyle returns the name in what follows the first blank of a GNU line,
// and decides the style if no line has. That holds even when the name then turns
// out to be badly escaped.
func (p *Parser) applyStyle(rest []byte) (name []byte, ok bool) {
	if lacksMarker(rest) {
		if p.style == standard {
			return nil, false
		}
		p.style = reversed
		return rest, true
	}
	if p.style == reversed {
		return rest, true
	}
	p.style = standard
	return rest[1:], true
}

// lacksMarker reports whether what follows the first blank of a GNU line can
// only be a name. A single byte always is one, blank and star included.
func lacksMarker(rest []byte) bool {
	return len(rest) == 1 || rest[0] != ' ' && rest[0] != '*'
}

// settled reports whether the beginning of a line decides the line: whether,
// however the line goes on, parse returns for it what it returns for the
// beginning alone, also if that loses a carriage return at its end. False means
// that beginning is too short to tell, or the rest matters.
func (p *Parser) settled(beginning []byte) bool {
	// The longest head, with room so that the end of beginning is no end of
	// a head.
	if len(trimBlanks(beginning)) < len(p.algorithm.Tag)+2*p.algorithm.Size+8 {
		return false
	}
	var e Entry
	h, ok := p.parseHead(beginning, &e)
	switch {
	case !ok: // a comment's, too
		return true
	case !h.tagged && p.style == standard && lacksMarker(h.rest):
		return true
	case h.escaped:
		// What is bad in an escaped name is as bad behind a tagged one, but
		// for a NUL, with which the digits may end. A backslash at the end of
		// beginning may be the first half of an escape.
		i := invalidEscape(h.rest)
		return i >= 0 && i < len(h.rest)-1 && (!h.tagged || h.rest[i] == '\\')
	default:
		// Nothing follows a NUL in a name, but the end of a tagged one does.
		return !h.tagged && bytes.IndexByte(h.rest, 0) >= 0
	}
}

// hexValue maps a hexadecimal digit to its value plus isDigit, every other byte
// to zero.
var hexValue = [256]byte{
	'0': isDigit, '1': isDigit + 1, '2': isDigit + 2, '3': isDigit + 3,
	'4': isDigit + 4, '5': isDigit + 5, '6': isDigit + 6, '7': isDigit + 7,
	'8': isDigit + 8, '9': isDigit + 9,
	'a': isDigit + 10, 'b': isDigit + 11, 'c': isDigit + 12,
	'd': isDigit + 13, 'e': isDigit + 14, 'f': isDigit + 15,
	'A': isDigit + 10, 'B': isDigit + 11, 'C': isDigit + 12,
	'D': isDigit + 13, 'E': isDigit + 14, 'F': isDigit + 15,
}

const isDigit = 0x10

// decodeHex sets dst from the digits that src begins with, two a byte, and
// reports whether all of them are digits. It does not branch on them: nearly
// every line has good ones.
func decodeHex(dst, src []byte) bool {
	src = src[:2*len(dst)]
	all := byte(isDigit)
	for i := range dst {
		high, low := hexValue[src[2*i]], hexValue[src[2*i+1]]
		all &= high & low
		dst[i] = high<<4 | low&0x0f
	}
	return all == isDigit
}

// trimBlanks returns s without its leading blanks.
func trimBlanks(s []byte) []byte {
	for len(s) > 0 && isBlank(s[0]) {
		s = s[1:]
	}
	return s
}

// cutByte returns s without the c that it begins with, and whether it does.
func cutByte(s []byte, c byte) (rest []byte, found bool) {
	if len(s) > 0 && s[0] == c {
		return s[1:], true
	}
	return s, false
}

func hasPrefix(s []byte, prefix string) bool {
	return len(s) >= len(prefix) && string(s[:len(prefix)]) == prefix
}

func isBlank(c byte) bool {
	return c == ' ' || c == '\t'
}
