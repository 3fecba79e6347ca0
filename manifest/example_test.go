package manifest_test

import (
	"crypto/sha1"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/psha1sum/psha1sum/manifest"
)

func ExampleReader() {
	const text = `# a comment
da39a3ee5e6b4b0d3255bfef95601890afd80709  empty
SHA1 (of abc) = a9993e364706816aba3e25717850c26c9cd0d89d
not a checksum
`
	p := manifest.NewParser(manifest.Algorithm{Tag: "SHA1", Size: sha1.Size})
	r := p.NewReader(strings.NewReader(text), false)
	for {
		line, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println("read error:", err)
			return
		}
		if line.Malformed {
			fmt.Printf("line %d is malformed\n", line.Number)
			continue
		}
		fmt.Printf("%q should have %x\n", line.Name, line.Digest())
	}
	// Output:
	// "empty" should have da39a3ee5e6b4b0d3255bfef95601890afd80709
	// "of abc" should have a9993e364706816aba3e25717850c26c9cd0d89d
	// line 4 is malformed
}

func ExampleFormat_Append() {
	digest := sha1.Sum([]byte("abc"))
	gnu := manifest.Format{}
	bsd := manifest.Format{Tag: "SHA1", Tagged: true}
	var out []byte
	out = gnu.Append(out, digest[:], "of abc")
	out = gnu.Append(out, digest[:], "two\nlines")
	out = bsd.Append(out, digest[:], "of abc")
	os.Stdout.Write(out)
	// Output:
	// a9993e364706816aba3e25717850c26c9cd0d89d  of abc
	// \a9993e364706816aba3e25717850c26c9cd0d89d  two\nlines
	// SHA1 (of abc) = a9993e364706816aba3e25717850c26c9cd0d89d
}
