package pipeline

import (
	"bytes"
	"context"
	"crypto/sha1"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/psha1sum/psha1sum/internal/fdlimit"
)

// TestOpenFilesAreCounted: when a run is over the count of open files is 0, whatever
// left its batch while it was open: a file larger than its directory entry could tell,
// or one that doesn't end at its size.
func TestOpenFilesAreCounted(t *testing.T) {
	dir := t.TempDir()
	var items []Item
	for i := range 400 {
		name := filepath.Join(dir, fmt.Sprint(i))
		size := i
		if i%9 == 0 {
			size = BufferSize + bufferSlack + i
		}
		if err := os.WriteFile(name, bytes.Repeat([]byte{byte(i)}, size), 0o600); err != nil {
			t.Fatal(err)
		}
		items = append(items, Item{Name: name, Listed: i%2 == 0, Data: size})
		if i%200 == 0 {
			items = append(items, Item{Name: dir}, Item{Name: "/missing/file"}, Item{Name: "/proc/kallsyms"})
		}
	}
	for _, io := range []IO{AutoIO, ReadIO} {
		for _, often := range []int{0, 2} {
			var open fdlimit.Budget
			sink := &tally{result: func(r *Result) error {
				if size, ok := r.Data.(int); ok {
					var i int
					fmt.Sscan(filepath.Base(r.Name), &i)
					want := sha1.Sum(bytes.Repeat([]byte{byte(i)}, size))
					if r.Err != nil || !bytes.Equal(r.Digest, want[:]) {
						t.Errorf("%s: %x, %v, want %x", r.Name, r.Digest, r.Err, want)
					}
				}
				return nil
			}}
			stall := func() bool { return often > 0 && rand.IntN(often) == 0 }
			if err := Run(context.Background(), Items(items...), sink, Options{Descriptors: &open, IO: io, timing: timing{stallNow: stall}}); err != nil {
				t.Error(err)
			}
			if held := open.Held(); held != 0 || sink.taken != len(items) {
				t.Errorf("way %d: %d files are said to be open after %d results", io, held, sink.taken)
			}
		}
	}
}
