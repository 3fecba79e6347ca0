package manifest

import (
	"bytes"
	"fmt"
	"io"
	"slices"
)

// A Parser holds what the manifests of one run of --check have in common: the
// algorithms, and whether GNU lines are standard or reversed. The first GNU line of the
// run with a digest decides that, in whichever manifest it is:
//   - standard, "DIGITS  NAME" or "DIGITS *NAME", as GNU prints it: lines without
//     the marker are malformed from then on;
//   - reversed, "DIGITS NAME", as BSD's md5 -r prints it: in all later lines the
//     name begins right after the first blank, so "DIGITS  a" names " a".
//
// GNU does not allow both in one run, because an attacker who can rename files could
// then choose between "a", " a" and "*a". BSD lines do not matter for this.
//
// The Readers of a Parser must not be used concurrently. To get GNU's results, read
// each to its end before creating the next.
type Parser struct {
	algorithms []Algorithm
	tags       []tag // longest first
	longest    int   // maximum length of a head, without blanks and lengths
	style      style
	spare      []byte // buffer of a Reader that has reached its end

	keepLines, keepBytes int // limits for malformed lines

	outgrown func()
}

// A tag is a string that BSD lines of an algorithm begin with.
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

// NewParser returns a Parser for one run over manifests with digests of these
// algorithms, at least one; GNU's tools accept exactly one. With several, a line
// without a tag gets the first algorithm whose longest digest has that many digits;
// shorter digests of a Variable algorithm need a tag, because any hexadecimal string
// could be one. NewParser panics if an algorithm has no tag or a size outside 1 to
// MaxDigestSize.
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

// KeepMalformed makes Readers that are created later keep the first lines malformed
// lines of each manifest in Line.Text, truncated to bytes bytes.
func (p *Parser) KeepMalformed(lines, bytes int) { p.keepLines, p.keepBytes = lines, bytes }

// Outgrown makes Readers call give whenever they have copied a line of 16 MiB or more
// to a larger buffer, so that the old buffer is garbage. give is usually
// debug.FreeOSMemory.
func (p *Parser) Outgrown(give func()) { p.outgrown = give }

// NewReader returns a Reader of the manifest src. With stdin set, src is standard
// input, which can't list itself: entries named "-" are malformed.
func (p *Parser) NewReader(src io.Reader, stdin bool) *Reader {
	return &Reader{parser: p, src: src, stdin: stdin, size: bufferSize, keep: p.keepLines}
}

// parse sets e from line, which has no terminator and is neither empty nor a comment.
// It returns false, with e partly set, if line is malformed.
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

// A head is the part of a line before the name.
type head struct {
	tagged  bool   // the line is a BSD line
	escaped bool   // the name is escaped
	rest    []byte // after the head: "NAME) = DIGITS" in a BSD line, else the marker or the name
}

// parseHead parses the head of a line, including the digest of a GNU line. It sets e's
// algorithm and size.
func (p *Parser) parseHead(line []byte, e *Entry) (h head, ok bool) {
	h.rest, h.escaped = cutByte(trimBlanks(line), '\\')
	// A line that begins with a tag is never parsed as a GNU line.
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

// maxPadding is the maximum number of extra blanks after a tag. rhash writes up to two.
const maxPadding = 8

// afterTag parses what follows the tag of e's algorithm, up to the name.
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
	case rest[0] != '(': // GNU skips this byte, whatever it is
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

// digits parses the digest of one algorithm at the beginning of a GNU line, and the
// blank after it.
func (p *Parser) digits(line []byte, algorithm int, e *Entry) (rest []byte, ok bool) {
	a := &p.algorithms[algorithm]
	e.Algorithm, e.Size = algorithm, a.Size
	// The digits are followed by a blank and at least one byte of name. For variable
	// lengths GNU requires three bytes in total.
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
		e.Sum = [MaxDigestSize]byte{} // discard digits of what may be another algorithm's line
		return nil, false
	}
	return line[n+1:], true
}

// splitTagged parses the "NAME) = DIGITS" of a BSD line. The name ends at the last
// parenthesis of the line.
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
	// GNU 9.1 treats the digits as a C string and ignores what follows a NUL.
	if len(tail) > digits && tail[digits] != 0 {
		return nil, false
	}
	return rest[:end], decodeHex(e.Digest(), tail)
}

// applyStyle returns the name in what follows the first blank of a GNU line, and sets
// the style if it is undecided. The style stays set even if the name is badly escaped.
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

// lacksMarker reports whether what follows the first blank of a GNU line has no marker.
// A single byte is always a name, even a blank or a star.
func lacksMarker(rest []byte) bool {
	return len(rest) <= 1 || rest[0] != ' ' && rest[0] != '*'
}

// settled reports whether parse would give the same result for any line with this
// beginning as for the beginning alone, even without a carriage return at its end.
// False means that the beginning is too short to tell, or that the rest matters.
func (p *Parser) settled(beginning []byte) bool {
	// The longest head, with a margin so that beginning does not end inside a head.
	if len(trimBlanks(beginning)) < p.longest+8 || p.inLength(beginning) {
		return false
	}
	var e Entry
	h, ok := p.parseHead(beginning, &e)
	switch {
	case !ok: // also for a comment
		return true
	case !h.tagged && p.style == standard && lacksMarker(h.rest):
		return true
	case h.escaped:
		// An escape that is invalid in this prefix is invalid in the whole line. A NUL
		// is not, in a BSD line: it may follow the digits. A backslash at the end may
		// be the first half of a valid escape.
		i := invalidEscape(h.rest)
		return i >= 0 && i < len(h.rest)-1 && (!h.tagged || h.rest[i] == '\\')
	default:
		// A NUL ends the name of a GNU line; in a BSD line the digits may still follow.
		return !h.tagged && bytes.IndexByte(h.rest, 0) >= 0
	}
}

// inLength reports whether line, which may continue, ends in the length after a tag or
// the blanks around it. The length can have any number of blanks and zeros.
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

// hexValue maps hexadecimal digits to their value plus isDigit, and other bytes to 0.
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

// decodeHex sets dst from the hexadecimal digits at the beginning of src and reports
// whether all are valid, without branches: nearly all lines are valid.
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

// trimBlanks returns s without leading blanks.
func trimBlanks(s []byte) []byte {
	for len(s) > 0 && isBlank(s[0]) {
		s = s[1:]
	}
	return s
}

// cutByte returns s without the leading byte c, and whether s begins with it.
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
