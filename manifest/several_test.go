package manifest

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestSeveral reads manifests with lines of several algorithms, as GNU's tools, OpenSSL
// and the BSDs write them.
func TestSeveral(t *testing.T) {
	algorithms := []Algorithm{
		{Tag: "MD5", Size: 16},
		{Tag: "SHA1", Size: 20},
		{Tag: "SHA256", Size: 32, Aliases: []string{"SHA2-256"}},
		{Tag: "SHA512", Size: 64, Aliases: []string{"SHA2-512"}},
		{Tag: "SHA512/256", Size: 32, Aliases: []string{"SHA2-512/256"}},
		{Tag: "BLAKE2b", Size: 64, Variable: true, Aliases: []string{"BLAKE2B"}},
		{Tag: "PAD", Size: 20, Padded: true},
	}
	digits := func(size int) string { return strings.Repeat("5a", size) }
	for _, test := range []struct{ line, want string }{
		{"MD5 (f) = " + digits(16), "MD5 16 f"},
		{"MD5(f)= " + digits(16), "MD5 16 f"},
		{"SHA1(f)= " + digits(20), "SHA1 20 f"},
		{"SHA256(f)= " + digits(32), "SHA256 32 f"},
		{"SHA2-256(f)= " + digits(32), "SHA256 32 f"},
		{"SHA512 (f) = " + digits(64), "SHA512 64 f"},
		{"SHA512/256 (f) = " + digits(32), "SHA512/256 32 f"},
		{"SHA2-512/256(f)= " + digits(32), "SHA512/256 32 f"},
		{"SHA2-512(f)= " + digits(64), "SHA512 64 f"},
		{"BLAKE2b (f) = " + digits(64), "BLAKE2b 64 f"},
		{"BLAKE2b-128 (f) = " + digits(16), "BLAKE2b 16 f"},
		{"BLAKE2B-512(f)= " + digits(64), "BLAKE2b 64 f"},
		{`\SHA256 (a\nb) = ` + digits(32), "SHA256 32 a\nb"},
		{"SHA1 (MD5 (f) = " + digits(16) + ") = " + digits(20), "SHA1 20 MD5 (f) = " + digits(16)},
		{digits(16) + "  f", "MD5 16 f"},
		{digits(20) + " *f", "SHA1 20 f"},
		{digits(32) + "  f", "SHA256 32 f"},
		{digits(64) + "  f", "SHA512 64 f"},
		{digits(16) + "  " + digits(20) + "  f", "MD5 16 " + digits(20) + "  f"},
		{digits(7) + "  f", "malformed"}, // other sizes of BLAKE2b need a tag
		{"MD5 (f) = " + digits(20), "malformed"},
		{"SHA1 (f) = " + digits(16), "malformed"},
		{"SHA512/256 (f) = " + digits(64), "malformed"},
		{"BLAKE2b-128 (f) = " + digits(64), "malformed"},
		{"SHA1  (f) = " + digits(20), "malformed"},
		{"PAD (f) = " + digits(20), "PAD 20 f"},
		{"PAD(f)= " + digits(20), "PAD 20 f"},
		{"PAD   (f) = " + digits(20), "PAD 20 f"},
		{`\PAD         (a\nb) = ` + digits(20), "PAD 20 a\nb"},
		{"PAD          (f) = " + digits(20), "malformed"},
		{"PAD \t(f) = " + digits(20), "malformed"},
		{"CRC32 (f) = 00000000", "malformed"},
		{"sha1 (f) = " + digits(20), "malformed"},
		{digits(65) + "  f", "malformed"},
	} {
		r := NewParser(algorithms...).NewReader(strings.NewReader(test.line+"\n"), false)
		line, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		got := "malformed"
		if !line.Malformed {
			got = fmt.Sprintf("%s %d %s", algorithms[line.Algorithm].Tag, line.Size, line.Name)
			if tagged := !strings.HasPrefix(test.line, "5a"); line.Tagged != tagged {
				t.Errorf("%q: tagged is %t", test.line, line.Tagged)
			}
			if hex.EncodeToString(line.Digest()) != digits(line.Size) || slices.Max(append(line.Sum[line.Size:], 0)) > 0 {
				t.Errorf("%q: digest %x", test.line, line.Sum)
			}
		}
		if got != test.want {
			t.Errorf("%q is %q, want %q", test.line, got, test.want)
		}
	}
}

// TestSeveralLongLines: a line longer than the buffer is parsed like a short one,
// whatever its tag.
func TestSeveralLongLines(t *testing.T) {
	algorithms := []Algorithm{{Tag: "A", Size: 1}, {Tag: "A/B", Size: 2, Aliases: []string{"AB"}}, {Tag: "C", Size: 3, Variable: true, Padded: true}}
	long := strings.Repeat("n", 500)
	var text []string
	for _, head := range []string{"A", "A/B", "AB", "C", "C-8", "C-  +0016", "C-" + strings.Repeat("0", 300) + "20", "C-" + strings.Repeat("0", 300) + "16       ", "C   ", "D"} {
		for _, digits := range []string{"5a", "5a5a", "5a5a5a"} {
			text = append(text, head+" ("+long+") = "+digits, head+"("+long+")="+digits, digits+"  "+head+long, `\`+head+" (\\q"+long+") = "+digits)
		}
	}
	manifest := strings.Join(text, "\n") + "\n"
	want, err := readAll(NewParser(algorithms...).NewReader(strings.NewReader(manifest), false))
	if err != nil {
		t.Fatal(err)
	}
	for size := 1; size < 700; size += 13 {
		got, err := readAll(newSmallReader(NewParser(algorithms...), strings.NewReader(manifest), false, size))
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("with a buffer of %d:\n%q, %v\nwant\n%q", size, got, err, want)
		}
	}
}
