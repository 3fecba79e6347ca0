package reader_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/reader"
)

// TestSkip: a file is read from an offset on as if what is in front of it had been, and
// has its end where it has.
func TestSkip(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	data := filetest.Random(400_000)
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, offset := range []int{0, 64, 128 << 10, len(data) - 1, len(data)} {
		f, err := reader.Open(name, reader.Stat(name))
		if err != nil {
			t.Fatal(err)
		}
		if !f.Skip(int64(offset)) {
			t.Fatal("it can't be skipped")
		}
		var got []byte
		buf := make([]byte, 100_000)
		for end := false; !end; {
			var n int
			if n, end, err = f.Fill(buf); err != nil {
				t.Fatal(err)
			}
			got = append(got, buf[:n]...)
		}
		if !bytes.Equal(got, data[offset:]) {
			t.Errorf("skipped to %d of %d bytes, then %d came", offset, len(data), len(got))
		}
		closeFile(t, &f)
	}
	r := reader.From(strings.NewReader("text"))
	if r.Skip(1) {
		t.Error("an io.Reader was skipped")
	}
}
