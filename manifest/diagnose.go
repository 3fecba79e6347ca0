package manifest

import (
	"bytes"
	"slices"
	"strings"

	"github.com/psha1sum/psha1sum/internal/sniff"
)

// A Diagnosis says why a line is malformed, if it shows.
type Diagnosis struct {
	Kind Kind
	// Digits is how many hexadecimal digits the line has, if it is a BareDigest,
	// of OtherLength, NameFirst or NotHex.
	Digits int
	// Algorithm is the index among the known ones of what an OtherTag, or a PaddedTag,
	// is of.
	Algorithm int
}

// A Kind is a way to be malformed.
type Kind uint8

const (
	// WellFormed is a line that can't be malformed, or one that is passed over.
	WellFormed Kind = iota
	// Unrecognised is a line of which nothing can be said.
	Unrecognised
	// ByteOrderMark is a line behind the byte order mark of UTF-8.
	ByteOrderMark
	// UTF16LittleEndian and UTF16BigEndian begin with the mark of that order.
	UTF16LittleEndian
	UTF16BigEndian
	// UTF16 is what every second byte of is a NUL.
	UTF16
	// HTML is a line that begins a page.
	HTML
	// JSON is a line of it.
	JSON
	// Armour is a line around a message that PGP signed.
	Armour
	// OneBlank is a digest and a name with one blank between them, where other
	// lines have two, or a blank and a star.
	OneBlank
	// BareDigest is a digest and no name.
	BareDigest
	// NameFirst is a name in front of its digest.
	NameFirst
	// OtherLength is an entry whose digest is of another length.
	OtherLength
	// NotHex is an entry in whose digest not everything is a hexadecimal digit.
	NotHex
	// OtherTag is a tagged entry of an algorithm that is known, but wasn't asked
	// for.
	OtherTag
	// PaddedTag is a tagged entry that would be one if several blanks might stand
	// behind its tag.
	PaddedTag
	// UnknownTag is a tagged entry of an algorithm that isn't known.
	UnknownTag
	// BadEscape is an entry that begins with a backslash and whose name holds one
	// that stands for nothing.
	BadEscape
	// StandardInput is an entry for "-" in a manifest that is standard input.
	StandardInput
	// FileHash is what PowerShell's Get-FileHash prints.
	FileHash
	// CertUtil is what Windows' certutil prints around a digest.
	CertUtil
)

// OfManifest reports whether a kind says something of the whole manifest, more
// than of the line.
func (k Kind) OfManifest() bool {
	switch k {
	case UTF16LittleEndian, UTF16BigEndian, UTF16, HTML, JSON:
		return true
	}
	return false
}

// leastDigits is how many hexadecimal digits are taken for a digest that nobody
// asked for: a word may have fewer.
const leastDigits = 8

// Diagnose tells why a line is malformed, which has lost its line feed and a
// carriage return before that. stdin says that its manifest is standard input,
// accepted are the algorithms of the Parser that refused it, and known all there
// are.
//
// It looks at the line alone, as one of a manifest with two blanks: in others
// "DIGITS NAME" is well-formed, and the answer here is OneBlank.
func Diagnose(line []byte, stdin bool, accepted, known []Algorithm) Diagnosis {
	d := diagnosing{line: line, stdin: stdin, accepted: NewParser(accepted...), known: NewParser(known...)}
	d.unpadded = NewParser(withoutPadding(known)...)
	d.accepted.style, d.known.style = standard, standard
	for _, look := range []func(*diagnosing) Diagnosis{
		(*diagnosing).entry, (*diagnosing).utf16, (*diagnosing).document, (*diagnosing).armour, (*diagnosing).otherTag,
		(*diagnosing).tagged, (*diagnosing).digits, (*diagnosing).windows, (*diagnosing).nameFirst, (*diagnosing).notHex,
	} {
		if found := look(&d); found.Kind != Unrecognised {
			return found
		}
	}
	return Diagnosis{Kind: Unrecognised}
}

// A diagnosing is a line that is looked at. Its methods look for one thing each,
// and rely on those before them having found nothing.
type diagnosing struct {
	line            []byte
	stdin           bool
	accepted, known *Parser
	unpadded        *Parser // known, as GNU takes their tags
}

func withoutPadding(known []Algorithm) []Algorithm {
	known = slices.Clone(known)
	for i := range known {
		known[i].Padded = false
	}
	return known
}

var unrecognised = Diagnosis{Kind: Unrecognised}

func (d *diagnosing) entry() Diagnosis {
	var e Entry
	switch {
	case len(d.line) == 0 || d.line[0] == '#':
		return Diagnosis{Kind: WellFormed}
	case !d.accepted.parse(d.line, &e):
		return unrecognised
	case d.stdin && e.Name == "-":
		return Diagnosis{Kind: StandardInput}
	}
	return Diagnosis{Kind: WellFormed}
}

// utf16 goes by the mark, or by what Latin letters and digits look like.
func (d *diagnosing) utf16() Diagnosis {
	switch {
	case hasPrefix(d.line, "\xff\xfe"):
		return Diagnosis{Kind: UTF16LittleEndian}
	case hasPrefix(d.line, "\xfe\xff"):
		return Diagnosis{Kind: UTF16BigEndian}
	case len(d.line) < 8:
		return unrecognised
	}
	for i, c := range d.line[:8] {
		if (c == 0) == (d.line[i^1] == 0) {
			return unrecognised
		}
	}
	return Diagnosis{Kind: UTF16}
}

// document finds what is no manifest at all, and the mark that editors put in
// front of anything.
func (d *diagnosing) document() Diagnosis {
	text, marked := bytes.CutPrefix(d.line, []byte(sniff.ByteOrderMark))
	switch {
	case sniff.HTML(text):
		return Diagnosis{Kind: HTML}
	case isJSON(bytes.TrimSpace(text)):
		return Diagnosis{Kind: JSON}
	case marked:
		return Diagnosis{Kind: ByteOrderMark}
	}
	return unrecognised
}

func isJSON(text []byte) bool {
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return false
	}
	rest := bytes.TrimSpace(text[1:])
	return len(rest) == 0 || bytes.IndexByte([]byte(`"{[]}`), rest[0]) >= 0
}

func (d *diagnosing) armour() Diagnosis {
	if hasPrefix(d.line, "-----BEGIN PGP ") || hasPrefix(d.line, "-----END PGP ") || hasPrefix(d.line, "Hash: ") {
		return Diagnosis{Kind: Armour}
	}
	return unrecognised
}

// otherTag finds what would be an entry if all algorithms were accepted.
func (d *diagnosing) otherTag() Diagnosis {
	var e Entry
	if h, ok := d.known.parseHead(d.line, &e); ok && h.tagged {
		if name, ok := splitTagged(h.rest, &e); ok {
			_, ok := decodeName(name, h.escaped)
			_, unpadded := d.unpadded.parseHead(d.line, new(Entry))
			switch {
			case !ok:
				return Diagnosis{Kind: BadEscape}
			case !unpadded:
				return Diagnosis{Kind: PaddedTag, Algorithm: e.Algorithm}
			}
			return Diagnosis{Kind: OtherTag, Algorithm: e.Algorithm}
		}
	}
	return unrecognised
}

// tagged finds "TAG (NAME) = DIGITS" where something is wrong with the tag, or
// with how many digits there are.
func (d *diagnosing) tagged() Diagnosis {
	line, _ := cutByte(trimBlanks(d.line), '\\')
	opening, closing := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
	if opening <= 0 || closing < opening {
		return unrecognised
	}
	tail, ok := cutByte(trimBlanks(line[closing+1:]), '=')
	tail = bytes.TrimRight(trimBlanks(tail), " \t")
	n := hexDigits(tail)
	tag := bytes.TrimRight(line[:opening], " ")
	if !ok || n < leastDigits || n < len(tail) || !isWord(tag) {
		return unrecognised
	}
	for _, known := range d.known.tags {
		if known.text == string(tag) {
			return Diagnosis{Kind: OtherLength, Digits: n}
		}
	}
	return Diagnosis{Kind: UnknownTag}
}

// isWord reports whether a tag may be one.
func isWord(tag []byte) bool {
	for _, c := range tag {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		if !letter && bytes.IndexByte([]byte("-_/."), c) < 0 {
			return false
		}
	}
	return len(tag) > 0 && len(tag) <= 32
}

// digits finds a line that begins with a digest.
func (d *diagnosing) digits() Diagnosis {
	line, escaped := cutByte(trimBlanks(d.line), '\\')
	n := hexDigits(line)
	rest := line[n:]
	name := trimBlanks(rest)
	fits := d.fits(n)
	switch {
	case n < leastDigits && !fits && !d.mayFit(n, rest):
		return unrecognised
	case len(name) == 0:
		return Diagnosis{Kind: BareDigest, Digits: n}
	case len(name) == len(rest):
		return unrecognised // something else follows
	case !fits:
		return Diagnosis{Kind: OtherLength, Digits: n}
	case lacksMarker(rest[1:]):
		return Diagnosis{Kind: OneBlank}
	case escaped && invalidEscape(rest[2:]) >= 0:
		return Diagnosis{Kind: BadEscape}
	}
	return unrecognised
}

// fits reports whether a digest of so many digits is accepted.
func (d *diagnosing) fits(digits int) bool {
	accepted := d.accepted.algorithms
	if len(accepted) == 1 && accepted[0].Variable {
		return digits > 0 && digits%2 == 0 && digits <= 2*accepted[0].Size
	}
	return hasSize(accepted, digits)
}

// mayFit reports whether a line of so many digits would be an entry if only an
// algorithm were accepted of which any number is a digest. rest is what follows.
func (d *diagnosing) mayFit(digits int, rest []byte) bool {
	variable := func(a Algorithm) bool { return a.Variable && digits <= 2*a.Size }
	return digits > 0 && digits%2 == 0 && len(rest) > 2 && isBlank(rest[0]) && !lacksMarker(rest[1:]) &&
		slices.ContainsFunc(d.accepted.algorithms, variable)
}

// hasSize reports whether the digests of one of them have so many digits.
func hasSize(algorithms []Algorithm, digits int) bool {
	return slices.ContainsFunc(algorithms, func(a Algorithm) bool { return 2*a.Size == digits })
}

// nameFirst finds a line that ends with a digest.
func (d *diagnosing) nameFirst() Diagnosis {
	line := bytes.TrimRight(d.line, " \t\r")
	last := line[bytes.LastIndexAny(line, " \t")+1:]
	n := len(last)
	if n == len(line) || hexDigits(last) < n || !d.fits(n) && !hasSize(d.known.algorithms, n) || n < leastDigits {
		return unrecognised
	}
	return Diagnosis{Kind: NameFirst, Digits: n}
}

// notHex finds a line that begins with what is as long as a digest.
func (d *diagnosing) notHex() Diagnosis {
	line, _ := cutByte(trimBlanks(d.line), '\\')
	n := bytes.IndexAny(line, " \t")
	if n < leastDigits || !hasSize(d.accepted.algorithms, n) || hexDigits(line) == n || !isWord(line[:1]) {
		return unrecognised
	}
	return Diagnosis{Kind: NotHex, Digits: n}
}

// windows finds what programs of Windows print, which is no manifest.
func (d *diagnosing) windows() Diagnosis {
	line := bytes.TrimSpace(d.line)
	if hasPrefix(line, "CertUtil: ") || bytes.Contains(line, []byte(" hash of ")) && bytes.HasSuffix(line, []byte(":")) {
		return Diagnosis{Kind: CertUtil}
	}
	fields := bytes.Fields(line)
	if len(fields) < 3 {
		return unrecognised
	}
	first, second, third := string(fields[0]), string(fields[1]), string(fields[2])
	switch {
	case first == "Algorithm" && second == "Hash" && third == "Path",
		strings.Trim(first+second+third, "-") == "",
		(first == "Algorithm" || first == "Hash" || first == "Path") && second == ":",
		d.isTag(first) && len(second) >= leastDigits && hexDigits(fields[1]) == len(second):
		return Diagnosis{Kind: FileHash}
	}
	return unrecognised
}

func (d *diagnosing) isTag(word string) bool {
	return slices.ContainsFunc(d.known.tags, func(t tag) bool { return t.text == word })
}

// hexDigits is how many hexadecimal digits text begins with.
func hexDigits(text []byte) int {
	for i, c := range text {
		if hexValue[c] == 0 {
			return i
		}
	}
	return len(text)
}
