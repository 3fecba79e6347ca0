package manifest

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
)

// FuzzReader reads a manifest in one piece and in small ones: lengths are the sizes of
// the Reads, repeated, and size is the buffer size. The lines and the resulting style
// must be the same.
func FuzzReader(f *testing.F) {
	for _, c := range grammarCases {
		f.Add([]byte(c.text), []byte{1, 0, 40}, uint16(64), c.stdin, false)
	}
	long := strings.Repeat("n", 300)
	for _, text := range []string{
		H + "  " + long, H + "  a\x00" + long, "#" + long, long, strings.Repeat(" ", 300) + "\r",
		`\` + H + "  " + long + `\q` + long, `\` + H + "  " + long + `\\` + long + `\`,
		"SHA1 (" + long + ") = " + H, `\SHA1 (` + long + `\q` + long + ") = " + H,
		`\SHA1 (` + long + ") = " + H + "\x00" + long, "SHA1 " + long,
		`\SHA1 (` + long + ") = " + H + "\x00" + long + ")",
		H + "  a\n" + H + " " + long, H + " a\n" + H + "  " + long,
	} {
		f.Add([]byte(text+"\n"), []byte{7}, uint16(3), false, false)
	}
	// With two-digit digests most lines are long, so that rules which need the longest
	// head are tested.
	f.Add([]byte("X (a)=00\n\\00  \\n\\q--------\n00 *a\x00-----------\n"), []byte{2}, uint16(1), false, true)

	f.Fuzz(func(t *testing.T, text, lengths []byte, size uint16, stdin, tiny bool) {
		algorithm := sha1Lines
		if tiny {
			algorithm = Algorithm{Tag: "X", Size: 1}
		}
		whole := NewParser(algorithm)
		// The buffer is larger than the manifest, so no line is long.
		want, err := readAll(newSmallReader(whole, bytes.NewReader(text), stdin, len(text)+1))
		if err != nil {
			t.Fatal(err)
		}
		pieces := NewParser(algorithm)
		src := &chunkReader{text: text, lengths: lengths}
		got, err := readAll(newSmallReader(pieces, src, stdin, int(size)+1))
		if err != nil || !slices.Equal(got, want) || pieces.style != whole.style {
			t.Errorf("manifest %q\nin pieces of %v, buffer of %d: %q, style %d, %v\nwhole: %q, style %d",
				text, lengths, int(size)+1, got, pieces.style, err, want, whole.style)
		}
	})
}

// A chunkReader returns text in Reads of lengths[i]+1 bytes, cycling through lengths.
type chunkReader struct {
	text, lengths []byte
	reads         int
}

func (c *chunkReader) Read(p []byte) (int, error) {
	if len(c.text) == 0 {
		return 0, io.EOF
	}
	n := len(c.text)
	if len(c.lengths) > 0 {
		n = int(c.lengths[c.reads%len(c.lengths)]) + 1
	}
	c.reads++
	n = copy(p[:min(n, len(p))], c.text)
	c.text = c.text[n:]
	return n, nil
}

// FuzzAppend parses what Append wrote, for any name.
func FuzzAppend(f *testing.F) {
	for _, name := range []string{
		"a", "", "-", " ", "*a", "#a", `\`, "\n", "\r", "a\r\n", `a\nb`, ")", "a) = " + H, "\xff\x00\xfe", "\t a ",
		strings.Repeat("n\n", 300),
	} {
		f.Add([]byte(sum), name, false, uint16(30))
		f.Add([]byte(sum), name, true, uint16(300))
	}
	f.Fuzz(func(t *testing.T, digest []byte, name string, binary bool, size uint16) {
		if strings.IndexByte(name, 0) >= 0 {
			t.Skip("no file has such a name")
		}
		if len(digest) < 1 || len(digest) > MaxDigestSize {
			t.Skip("no algorithm has such a digest")
		}
		a := Algorithm{Tag: "TAG", Size: len(digest)}
		for _, format := range []Format{{Binary: binary}, {Tagged: true, Tag: a.Tag}} {
			if name == "" && !format.Tagged {
				continue // parsed as the reversed line of a blank
			}
			text := format.Append(nil, digest, name)
			r := newSmallReader(NewParser(a), bytes.NewReader(text), false, int(size)+1)
			line, err := r.Next()
			if err != nil || line.Malformed || line.Name != name || !bytes.Equal(line.Digest(), digest) || line.Number != 1 {
				t.Errorf("%+v of %q is %q, read as %+v, %v", format, name, text, line, err)
			}
			if line, err := r.Next(); err != io.EOF {
				t.Errorf("%+v of %q is %q, a second line of it read as %+v, %v", format, name, text, line, err)
			}
		}
	})
}
