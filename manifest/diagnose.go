package manifest

import (
	"bytes"
	"slices"
	"strings"

	"github.com/psha1sum/psha1sum/internal/sniff"
)

// A Diagnosis is the reason why a line is malformed, as far as it can be told.
type Diagnosis struct {
	Kind Kind
	// Digits is the number of hexadecimal digits, for BareDigest, OtherLength,
	// NameFirst and NotHex.
	Digits int
	// Algorithm is the index of the algorithm in known, for OtherTag and PaddedTag.
	Algorithm int
}

// A Kind is a reason for a line to be malformed.
type Kind uint8

const (
	// WellFormed is a line that is not malformed, or one that is skipped.
	WellFormed Kind = iota
	// Unrecognised is a line that fits no other kind.
	Unrecognised
	// ByteOrderMark is a line that begins with the byte order mark of UTF-8.
	ByteOrderMark
	// UTF16LittleEndian and UTF16BigEndian begin with the byte order mark of UTF-16.
	UTF16LittleEndian
	UTF16BigEndian
	// UTF16 is a line in which every second byte is NUL.
	UTF16
	// HTML is the beginning of an HTML page.
	HTML
	// JSON is a line of JSON.
	JSON
	// Armour is a line of the armour around a message signed with PGP.
	Armour
	// OneBlank is a digest and a name separated by one blank, in a manifest where other
	// lines have two blanks, or a blank and a star.
	OneBlank
	// BareDigest is a digest without a name.
	BareDigest
	// NameFirst is a name followed by its digest.
	NameFirst
	// OtherLength is an entry whose digest has an unexpected length.
	OtherLength
	// NotHex is an entry whose digest has characters that are not hexadecimal digits.
	NotHex
	// OtherTag is a tagged entry of an algorithm that is known but not accepted.
	OtherTag
	// PaddedTag is a tagged entry with several blanks after the tag, which only --bsd
	// lines of rhash may have.
	PaddedTag
	// UnknownTag is a tagged entry of an unknown algorithm.
	UnknownTag
	// BadEscape is an entry that begins with a backslash and has an invalid escape in
	// its name.
	BadEscape
	// StandardInput is an entry for "-" in a manifest that is read from standard input.
	StandardInput
	// FileHash is output of PowerShell's Get-FileHash.
	FileHash
	// CertUtil is output of Windows' certutil.
	CertUtil
)

// OfManifest reports whether the kind is about the whole manifest rather than the line.
func (k Kind) OfManifest() bool {
	switch k {
	case UTF16LittleEndian, UTF16BigEndian, UTF16, HTML, JSON:
		return true
	}
	return false
}

// leastDigits is the minimum number of hexadecimal digits that are taken for a digest
// of an algorithm that was not accepted; fewer may be a word.
const leastDigits = 8

// Diagnose returns why a line is malformed. line has no line feed, and no carriage
// return before it. stdin says that the manifest is standard input, accepted are the
// algorithms of the Parser that rejected the line, and known is all algorithms.
//
// It looks at this line only and assumes a manifest with two blanks. In others "DIGITS
// NAME" is well-formed; here it is OneBlank.
func Diagnose(line []byte, stdin bool, accepted, known []Algorithm) Diagnosis {
	d := diagnoser{line: line, stdin: stdin, accepted: NewParser(accepted...), known: NewParser(known...)}
	d.unpadded = NewParser(withoutPadding(known)...)
	d.accepted.style, d.known.style = standard, standard
	for _, look := range []func(*diagnoser) Diagnosis{
		(*diagnoser).entry, (*diagnoser).utf16, (*diagnoser).document, (*diagnoser).armour, (*diagnoser).otherTag,
		(*diagnoser).tagged, (*diagnoser).digits, (*diagnoser).windows, (*diagnoser).nameFirst, (*diagnoser).notHex,
	} {
		if found := look(&d); found.Kind != Unrecognised {
			return found
		}
	}
	return Diagnosis{Kind: Unrecognised}
}

// A diagnoser examines one line. Each method looks for one kind or a few, and assumes
// that the methods before it found nothing.
type diagnoser struct {
	line            []byte
	stdin           bool
	accepted, known *Parser
	unpadded        *Parser // known, with only the tags that GNU accepts
}

func withoutPadding(known []Algorithm) []Algorithm {
	known = slices.Clone(known)
	for i := range known {
		known[i].Padded = false
	}
	return known
}

var unrecognised = Diagnosis{Kind: Unrecognised}

func (d *diagnoser) entry() Diagnosis {
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

// utf16 detects the byte order mark, or Latin letters and digits in UTF-16.
func (d *diagnoser) utf16() Diagnosis {
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

// document detects other kinds of document, and the byte order mark that some editors
// write.
func (d *diagnoser) document() Diagnosis {
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

func (d *diagnoser) armour() Diagnosis {
	if hasPrefix(d.line, "-----BEGIN PGP ") || hasPrefix(d.line, "-----END PGP ") || hasPrefix(d.line, "Hash: ") {
		return Diagnosis{Kind: Armour}
	}
	return unrecognised
}

// otherTag detects entries of algorithms that are known but not accepted.
func (d *diagnoser) otherTag() Diagnosis {
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

// tagged detects "TAG (NAME) = DIGITS" with an unknown tag or a wrong number of digits.
func (d *diagnoser) tagged() Diagnosis {
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

// isWord reports whether tag could be the name of an algorithm.
func isWord(tag []byte) bool {
	for _, c := range tag {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		if !letter && bytes.IndexByte([]byte("-_/."), c) < 0 {
			return false
		}
	}
	return len(tag) > 0 && len(tag) <= 32
}

// digits detects lines that begin with a digest.
func (d *diagnoser) digits() Diagnosis {
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
		return unrecognised // followed by something else than a blank
	case !fits:
		return Diagnosis{Kind: OtherLength, Digits: n}
	case lacksMarker(rest[1:]):
		return Diagnosis{Kind: OneBlank}
	case escaped && invalidEscape(rest[2:]) >= 0:
		return Diagnosis{Kind: BadEscape}
	}
	return unrecognised
}

// fits reports whether a digest with this number of digits is accepted.
func (d *diagnoser) fits(digits int) bool {
	accepted := d.accepted.algorithms
	if len(accepted) == 1 && accepted[0].Variable {
		return digits > 0 && digits%2 == 0 && digits <= 2*accepted[0].Size
	}
	return hasSize(accepted, digits)
}

// mayFit reports whether the line would be an entry if the only accepted algorithm were one
// with variable length. rest is what follows the digits.
func (d *diagnoser) mayFit(digits int, rest []byte) bool {
	variable := func(a Algorithm) bool { return a.Variable && digits <= 2*a.Size }
	return digits > 0 && digits%2 == 0 && len(rest) > 2 && isBlank(rest[0]) && !lacksMarker(rest[1:]) &&
		slices.ContainsFunc(d.accepted.algorithms, variable)
}

// hasSize reports whether one of the algorithms has digests with this number of digits.
func hasSize(algorithms []Algorithm, digits int) bool {
	return slices.ContainsFunc(algorithms, func(a Algorithm) bool { return 2*a.Size == digits })
}

// nameFirst detects lines that end with a digest.
func (d *diagnoser) nameFirst() Diagnosis {
	line := bytes.TrimRight(d.line, " \t\r")
	last := line[bytes.LastIndexAny(line, " \t")+1:]
	n := len(last)
	if n == len(line) || hexDigits(last) < n || !d.fits(n) && !hasSize(d.known.algorithms, n) || n < leastDigits {
		return unrecognised
	}
	return Diagnosis{Kind: NameFirst, Digits: n}
}

// notHex detects lines that begin with a word as long as a digest.
func (d *diagnoser) notHex() Diagnosis {
	line, _ := cutByte(trimBlanks(d.line), '\\')
	n := bytes.IndexAny(line, " \t")
	if n < leastDigits || !hasSize(d.accepted.algorithms, n) || hexDigits(line) == n || !isWord(line[:1]) {
		return unrecognised
	}
	return Diagnosis{Kind: NotHex, Digits: n}
}

// windows detects output of Windows programs, which is not a manifest.
func (d *diagnoser) windows() Diagnosis {
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

func (d *diagnoser) isTag(word string) bool {
	return slices.ContainsFunc(d.known.tags, func(t tag) bool { return t.text == word })
}

// hexDigits returns the number of hexadecimal digits at the beginning of text.
func hexDigits(text []byte) int {
	for i, c := range text {
		if hexValue[c] == 0 {
			return i
		}
	}
	return len(text)
}
