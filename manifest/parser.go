package manifest

import (
	"bytes"
	"fmt"
	"io"
	"slices"
)

// A Parser is what the manifests of one run of --check share: the algorithms,
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
	algorithms []Algorithm
	tags       []tag // longest first
	longest    int   // bytes of a head at the most, but for blanks and lengths
	style      style
	spare      []byte // the buffer of a Reader that came to its end

	keepLines, keepBytes int // of malformed lines

	outgrown func()
}

// A tag is what BSD lines of an algorithm begin with.
type tag struct {
	text      string
	algorithm int
}

// A style says where the name begins in GNU lines.
type style uint8

const (
	undecided style = iota
	standard
	reversed
)

// NewParser returns a Parser for one run over manifests that hold digests of
// these algorithms, one at least. GNU's tools know one. With several, a line
// without a tag is of the first of them whose longest digests have as many digits,
// or anything in hexadecimal digits would be one of BLAKE2b's: it says so, but may be
// of any other that has digests of that length. NewParser
// panics if one has no tag, or its size is not between 1 and MaxDigestSize.
func NewParser(algorithms ...Algorithm) *Parser {
	p := &Parser{algorithms: algorithms}
	size := 0
	for i, a := range algorithms {
		if a.Tag == "" || a.Size < 1 || a.Size > MaxDigestSize {
			panic(fmt.Sprintf("manifest: no such algorithm: %+v", a))
		}
		p.tags = append(p.tags, tag{a.Tag, i})
		for _, alias := range a.Aliases {
			p.tags = append(p.tags, tag{alias, i})
		}
		size = max(size, a.Size)
	}
	slices.SortStableFunc(p.tags, func(a, b tag) int { return len(b.text) - len(a.text) })
	p.longest = len(p.tags[0].text) + maxPadding + 2*size
	return p
}

// KeepMalformed has Readers that are made from now on keep the text of the first
// so many malformed lines of a manifest, at most so many bytes of each.
func (p *Parser) KeepMalformed(lines, bytes int) { p.keepLines, p.keepBytes = lines, bytes }

// Outgrown has Readers call give whenever a very long line has outgrown its memory,
// which is garbage then: as much as the line is long, at a time when it is needed for
// the rest. debug.FreeOSMemory is made for that.
func (p *Parser) Outgrown(give func()) { p.outgrown = give }

// NewReader returns a Reader of the manifest src. With stdin set, src is the
// standard input, which can't be one of the files it lists as well: entries
// named "-" are malformed.
func (p *Parser) NewReader(src io.Reader, stdin bool) *Reader {
	return &Reader{parser: p, src: src, stdin: stdin, size: bufferSize, keep: p.keepLines}
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
// a GNU line the digest with them. It sets e's algorithm and size, and so what
// the digits that follow must be.
func (p *Parser) parseHead(line []byte, e *Entry) (h head, ok bool) {
	h.rest, h.escaped = cutByte(trimBlanks(line), '\\')
	// A line that begins with a tag is never tried as a GNU line.
	for _, tag := range p.tags {
		if !hasPrefix(h.rest, tag.text) {
			continue
		}
		h.tagged, e.Tagged = true, true
		e.Algorithm = tag.algorithm
		if rest, ok := p.afterTag(h.rest[len(tag.text):], e); ok {
			h.rest = rest
			return h, true
		}
	}
	if h.tagged {
		return h, false
	}
	for i := range p.algorithms {
		if rest, ok := p.digits(h.rest, i, e); ok {
			h.rest = rest
			return h, true
		}
	}
	return h, false
}

// maxPadding is how many blanks more than one may fill up a tag. rhash has two, behind
// the shortest.
const maxPadding = 8

// afterTag parses what stands between the tag of e's algorithm and the name.
func (p *Parser) afterTag(rest []byte, e *Entry) (_ []byte, ok bool) {
	a := &p.algorithms[e.Algorithm]
	e.Size = a.Size
	switch {
	case !a.Variable || len(rest) == 0:
	case rest[0] == '-':
		bits, after := parseNumber(rest[1:])
		if bits == 0 || bits > uint64(8*a.Size) || bits%8 != 0 {
			return nil, false
		}
		e.Size, rest = int(bits/8), after
	case rest[0] != '(': // GNU passes over it, whatever it is
		rest = rest[1:]
	}
	rest, _ = cutByte(rest, ' ')
	for range maxPadding {
		if !a.Padded || len(rest) == 0 || rest[0] != ' ' {
			break
		}
		rest = rest[1:]
	}
	return cutByte(rest, '(')
}

// digits parses the digest at the beginning of a GNU line of one algorithm, and
// the blank behind it.
func (p *Parser) digits(line []byte, algorithm int, e *Entry) (rest []byte, ok bool) {
	a := &p.algorithms[algorithm]
	e.Algorithm, e.Size = algorithm, a.Size
	// One blank and one byte of name are the least that follows the digits. Of
	// a variable number GNU wants three bytes in all.
	n := 2 * e.Size
	least := n + 2
	if a.Variable && len(p.algorithms) == 1 {
		for n = 0; n < len(line) && hexValue[line[n]] != 0; n++ {
		}
		if n == 0 || n%2 != 0 || n > 2*a.Size {
			return nil, false
		}
		e.Size, least = n/2, max(n+1, 3)
	}
	if len(line) < least || !isBlank(line[n]) {
		return nil, false
	}
	if !decodeHex(e.Digest(), line) {
		e.Sum = [MaxDigestSize]byte{} // of what may be another algorithm's
		return nil, false
	}
	return line[n+1:], true
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
	return len(rest) <= 1 || rest[0] != ' ' && rest[0] != '*'
}

// settled reports whether the beginning of a line decides the line: whether,
// however the line goes on, parse returns for it what it returns for the
// beginning alone, also if that loses a carriage return at its end. False means
// that beginning is too short to tell, or the rest matters.
func (p *Parser) settled(beginning []byte) bool {
	// The longest head, with room so that the end of beginning is no end of
	// a head.
	if len(trimBlanks(beginning)) < p.longest+8 || p.inLength(beginning) {
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

// inLength reports whether a line that may go on ends in the length behind a tag,
// which can have any number of blanks and zeros, or in the blanks that follow.
func (p *Parser) inLength(line []byte) bool {
	line, _ = cutByte(trimBlanks(line), '\\')
	for _, tag := range p.tags {
		if !p.algorithms[tag.algorithm].Variable || !hasPrefix(line, tag.text+"-") {
			continue
		}
		if _, after := parseNumber(line[len(tag.text)+1:]); len(after) < 3+maxPadding {
			return true
		}
	}
	return false
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
