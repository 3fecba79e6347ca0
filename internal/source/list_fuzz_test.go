package source

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/internal/verify"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// FuzzList checks that the names in a list are the bytes between its NULs, however it is
// read, and that an empty name is a marker.
func FuzzList(f *testing.F) {
	for _, list := range []string{"", "a", "a\x00", "\x00", "\x00\x00a\x00\x00", "a\x00-\x00b", "\n\x00\xff\x00 ", "a\nb\x00c", "\n"} {
		f.Add([]byte(list))
	}
	f.Add(bytes.Repeat([]byte("name\x00"), 30_000))
	f.Fuzz(func(t *testing.T, list []byte) {
		want := bytes.Split(list, []byte{0})
		if len(want[len(want)-1]) == 0 {
			want = want[:len(want)-1]
		}
		path := filepath.Join(t.TempDir(), "list")
		if err := os.WriteFile(path, list, 0o600); err != nil {
			t.Fatal(err)
		}
		in := Input{&process.Stdin{}, nil, &gnu.Quoting{}}
		whole, bitwise := NewList(in, path, nil), NewList(in, path, nil)
		bitwise.started = true
		bitwise.read(reader.From(iotest.OneByteReader(bytes.NewReader(list))))
		for _, m := range []*listSource{whole, bitwise} {
			var got [][]byte
			for {
				item, err := m.Next(context.Background(), pipeline.RunControl{})
				if err == io.EOF {
					break
				}
				if err != nil || item.Marker != (item.Name == "") {
					t.Fatalf("%+v, %v", item, err)
				}
				if remark := verify.RemarkOf(&item); remark != nil && !remark.Failed {
					continue // a hint
				}
				got = append(got, []byte(item.Name))
			}
			if !slices.EqualFunc(got, want, bytes.Equal) {
				t.Fatalf("got %q, want %q", got, want)
			}
			if _, err := m.Next(context.Background(), pipeline.RunControl{}); err != io.EOF {
				t.Fatalf("behind the end: %v", err)
			}
		}
	})
}
