package manifest

import (
	"bytes"
	"io"
	"iter"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"
)

// knownAlgorithms are those of the command.
var knownAlgorithms = []Algorithm{
	sha1Lines,
	{Tag: "MD5", Size: 16, Padded: true},
	{Tag: "SHA256", Size: 32, Aliases: []string{"SHA2-256"}},
	{Tag: "SHA512", Size: 64, Aliases: []string{"SHA2-512"}},
	{Tag: "BLAKE2b", Size: 64, Variable: true, Aliases: []string{"BLAKE2B-512"}},
}

var acceptSHA1 = []Algorithm{sha1Lines}

func TestDiagnose(t *testing.T) {
	long := strings.Repeat(H[:32], 2)
	for _, test := range []struct {
		line string
		want Diagnosis
	}{
		{H + "  a", Diagnosis{Kind: WellFormed}},
		{"SHA1 (a) = " + H, Diagnosis{Kind: WellFormed}},
		{"# comment", Diagnosis{Kind: WellFormed}},
		{"", Diagnosis{Kind: WellFormed}},
		{"not a line", Diagnosis{Kind: Unrecognised}},
		{"\x00", Diagnosis{Kind: Unrecognised}},
		{H + ":a", Diagnosis{Kind: Unrecognised}},
		{"\ufeff" + H + "  a", Diagnosis{Kind: ByteOrderMark}},
		{"\ufeff# comment", Diagnosis{Kind: ByteOrderMark}},
		{"\xff\xfe" + encode16(H, false), Diagnosis{Kind: UTF16LittleEndian}},
		{"\xfe\xff" + encode16(H, true), Diagnosis{Kind: UTF16BigEndian}},
		{encode16(H, false), Diagnosis{Kind: UTF16}},
		{encode16(H, true), Diagnosis{Kind: UTF16}},
		{"<!DOCTYPE html>", Diagnosis{Kind: HTML}},
		{"\ufeff<html>", Diagnosis{Kind: HTML}},
		{"{", Diagnosis{Kind: JSON}},
		{`[{"name": "a"}]`, Diagnosis{Kind: JSON}},
		{"{a}", Diagnosis{Kind: Unrecognised}},
		{"-----BEGIN PGP SIGNED MESSAGE-----", Diagnosis{Kind: Armour}},
		{"Hash: SHA256", Diagnosis{Kind: Armour}},
		{H + " a", Diagnosis{Kind: OneBlank}},
		{H + "\ta", Diagnosis{Kind: OneBlank}},
		{H + " ab", Diagnosis{Kind: OneBlank}},
		{H, Diagnosis{Kind: BareDigest, Digits: 40}},
		{H + "  ", Diagnosis{Kind: BareDigest, Digits: 40}},
		{long, Diagnosis{Kind: BareDigest, Digits: 64}},
		{"a  " + H, Diagnosis{Kind: NameFirst, Digits: 40}},
		{"a file: " + H, Diagnosis{Kind: NameFirst, Digits: 40}},
		{"a " + long + " ", Diagnosis{Kind: NameFirst, Digits: 64}},
		{"a deadbeef", Diagnosis{Kind: Unrecognised}},
		{"MD5 (a) = " + H[:32], Diagnosis{Kind: OtherTag, Algorithm: 1}},
		{"MD5   (a) = " + H[:32], Diagnosis{Kind: PaddedTag, Algorithm: 1}},
		{"MD5   (a) = " + H, Diagnosis{Kind: OtherLength, Digits: 40}},
		{long + "  a", Diagnosis{Kind: OtherLength, Digits: 64}},
		{H[1:] + "  a", Diagnosis{Kind: OtherLength, Digits: 39}},
		{`\` + long + `  a\n`, Diagnosis{Kind: OtherLength, Digits: 64}},
		{"SHA1 (a) = " + H[1:], Diagnosis{Kind: OtherLength, Digits: 39}},
		{"SHA256 (a) = " + H, Diagnosis{Kind: OtherLength, Digits: 40}},
		{"O" + H[1:] + "  a", Diagnosis{Kind: NotHex, Digits: 40}},
		{"SHA256 (a) = " + long, Diagnosis{Kind: OtherTag, Algorithm: 2}},
		{"SHA2-256(a)= " + long, Diagnosis{Kind: OtherTag, Algorithm: 2}},
		{"BLAKE2b-256 (a) = " + long, Diagnosis{Kind: OtherTag, Algorithm: 4}},
		{"RMD160 (a) = " + H, Diagnosis{Kind: UnknownTag}},
		{`\` + H + `  a\q`, Diagnosis{Kind: BadEscape}},
		{`\SHA1 (a\q) = ` + H, Diagnosis{Kind: BadEscape}},
		{"Algorithm       Hash      Path", Diagnosis{Kind: FileHash}},
		{"SHA1            " + strings.ToUpper(H) + `      C:\a`, Diagnosis{Kind: FileHash}},
		{"---------       ----      ----", Diagnosis{Kind: FileHash}},
		{"Hash      : " + strings.ToUpper(H), Diagnosis{Kind: FileHash}},
		{"SHA1 hash of a file:", Diagnosis{Kind: CertUtil}},
		{"CertUtil: -hashfile command completed successfully.", Diagnosis{Kind: CertUtil}},
	} {
		if got := Diagnose([]byte(test.line), false, acceptSHA1, knownAlgorithms); got != test.want {
			t.Errorf("%q is %+v, want %+v", test.line, got, test.want)
		}
	}
	if got := Diagnose([]byte(H+"  -"), true, acceptSHA1, knownAlgorithms); got.Kind != StandardInput {
		t.Errorf(`"-" on standard input is %+v`, got)
	}
	b2 := knownAlgorithms[4:]
	several := append([]Algorithm{b2[0]}, Algorithm{Tag: "SHA1", Size: 20})
	for line, want := range map[string]Diagnosis{
		"3c  a": {Kind: OtherLength, Digits: 2}, "3c *a": {Kind: OtherLength, Digits: 2}, H[:16] + "  a": {Kind: OtherLength, Digits: 16},
		"3c a": {Kind: Unrecognised}, "3  a": {Kind: Unrecognised}, "3c": {Kind: Unrecognised}, "3c  ": {Kind: Unrecognised}, "be  ": {Kind: Unrecognised},
	} {
		if got := Diagnose([]byte(line), false, several, knownAlgorithms); got != want {
			t.Errorf("of several algorithms: %q is %+v, want %+v", line, got, want)
		}
	}
	if got := Diagnose([]byte(H[1:]+"  a"), false, b2, knownAlgorithms); got != (Diagnosis{Kind: OtherLength, Digits: 39}) {
		t.Errorf("an odd number of BLAKE2b's digits is %+v", got)
	}
}

// encode16 encodes text in UTF-16.
func encode16(text string, bigEndian bool) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		if bigEndian {
			b = append(b, byte(unit>>8), byte(unit))
		} else {
			b = append(b, byte(unit), byte(unit>>8))
		}
	}
	return string(b)
}

// TestDiagnoseClasses generates lines of each kind with random digests and names. A
// Reader must find them malformed before Diagnose is asked.
func TestDiagnoseClasses(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	digits := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "0123456789abcdefABCDEF"[rng.IntN(22)]
		}
		return string(b)
	}
	// A name may contain anything, but must not look like the beginning of another
	// kind.
	name := func() string {
		b := make([]byte, 1+rng.IntN(30))
		for i := range b {
			b[i] = byte(1 + rng.IntN(255))
			if b[i] == '\n' || b[i] == '\r' {
				b[i] = '.'
			}
		}
		return "n" + string(b) + "z"
	}
	escaped := func() string { return strings.ReplaceAll(name(), `\`, "/") }
	plain := func() string { return strings.NewReplacer("(", "", ")", "").Replace(name()) }
	sizes := []int{32, 64, 128}
	classes := map[Kind]func() string{
		ByteOrderMark:     func() string { return "\ufeff" + digits(40) + "  " + name() },
		UTF16LittleEndian: func() string { return "\xff\xfe" + encode16(digits(40)+"  file", false) },
		UTF16BigEndian:    func() string { return "\xfe\xff" + encode16(digits(40)+"  file", true) },
		UTF16:             func() string { return encode16(digits(40)+"  file", rng.IntN(2) == 0) },
		OneBlank:          func() string { return digits(40) + " " + name() },
		BareDigest:        func() string { return digits(sizes[rng.IntN(3)]) },
		OtherLength:       func() string { return digits(sizes[rng.IntN(3)]) + "  " + name() },
		OtherTag:          func() string { return "MD5 (" + name() + ") = " + digits(32) },
		UnknownTag:        func() string { return "TIGER (" + name() + ") = " + digits(48) },
		BadEscape:         func() string { return `\` + digits(40) + "  " + escaped() + `\` + escaped() },
		NameFirst:         func() string { return plain() + "  " + digits(40) },
		NotHex:            func() string { return digits(39) + "g  " + plain() },
	}
	for kind, make := range classes {
		for range 500 {
			line := make()
			if kind == BadEscape && (strings.Contains(line, `\n`) || strings.Contains(line, `\r`)) {
				line = strings.NewReplacer(`\n`, `\q`, `\r`, `\q`).Replace(line)
			}
			text, ok := refused(t, []byte(H+"  first\n"+line+"\n"), 4096)
			if !ok || text != line {
				t.Fatalf("%q is well-formed, or kept as %q", line, text)
			}
			if got := Diagnose([]byte(text), false, acceptSHA1, knownAlgorithms); got.Kind != kind {
				t.Errorf("%q is %+v, want kind %d", line, got, kind)
			}
		}
	}
}

// allLines yields the lines of a manifest without read errors.
func allLines(t *testing.T, r *Reader) iter.Seq[Line] {
	return func(yield func(Line) bool) {
		for {
			line, err := r.Next()
			if err != nil && err != io.EOF {
				t.Fatal(err)
			}
			if err != nil || !yield(line) {
				return
			}
		}
	}
}

// refused returns the text of the first malformed line.
func refused(t *testing.T, text []byte, most int) (string, bool) {
	p := NewParser(acceptSHA1...)
	p.KeepMalformed(1, most)
	for line := range allLines(t, p.NewReader(bytes.NewReader(text), false)) {
		if line.Malformed {
			return line.Text, true
		}
	}
	return "", false
}

// TestKeepMalformed tests the limits on kept lines and bytes, also for lines longer
// than the buffer.
func TestKeepMalformed(t *testing.T) {
	long := strings.Repeat("x", 3*bufferSize)
	text := "a\r\n" + H + "  n\nb\n#c\n\n" + long + "\nd\n"
	p := NewParser(acceptSHA1...)
	for _, test := range []struct {
		lines, bytes int
		want         []string
	}{
		{0, 100, []string{"", "", "", "", ""}},
		{10, 100, []string{"a", "", "b", long[:100], "d"}},
		{3, 1, []string{"a", "", "b", "x", ""}},
	} {
		p.KeepMalformed(test.lines, test.bytes)
		r := p.NewReader(strings.NewReader(text), false)
		for i, want := range test.want {
			if line, err := r.Next(); err != nil || line.Text != want {
				t.Errorf("%d lines of %d bytes: line %d is kept as %.200q, want %.200q, %v", test.lines, test.bytes, i, line.Text, want, err)
			}
		}
		if _, err := r.Next(); err != io.EOF || r.Lines() != 7 {
			t.Errorf("%d lines, %v, want 7", r.Lines(), err)
		}
	}
}

// FuzzDiagnose: a Reader and Diagnose agree on which lines are malformed, in any
// context.
func FuzzDiagnose(f *testing.F) {
	for _, c := range grammarCases {
		f.Add([]byte(c.text), c.stdin, uint16(4096), false)
		f.Add([]byte(c.text), c.stdin, uint16(30), true)
	}
	f.Add([]byte("\ufeff"+H+"  a\n"), false, uint16(100), false)
	f.Add([]byte("{\"a\": 1}\n<html>\nHash: a\nAlgorithm : a\n"), false, uint16(100), false)
	f.Fuzz(func(t *testing.T, text []byte, stdin bool, most uint16, several bool) {
		accepted := acceptSHA1
		if several {
			accepted = knownAlgorithms
		}
		p := NewParser(accepted...)
		p.KeepMalformed(1<<30, int(most))
		for line := range allLines(t, p.NewReader(bytes.NewReader(text), stdin)) {
			if !line.Malformed {
				if line.Text != "" {
					t.Errorf("%q: a well-formed line is kept as %q", text, line.Text)
				}
				continue
			}
			got := Diagnose([]byte(line.Text), stdin, accepted, knownAlgorithms)
			if got.Kind == WellFormed && len(line.Text) < int(most) {
				t.Errorf("%q: the malformed line %q is well-formed", text, line.Text)
			}
		}
		// Each line alone, after a line with two blanks.
		for line := range bytes.SplitSeq(text, []byte("\n")) {
			_, malformed := refused(t, append([]byte(H+"  a\n"), line...), len(line))
			line = bytes.TrimSuffix(line, []byte("\r"))
			got := Diagnose(line, false, acceptSHA1, knownAlgorithms)
			if malformed != (got.Kind != WellFormed) {
				t.Errorf("the line %q is %+v, and malformed: %v", line, got, malformed)
			}
		}
	})
}
