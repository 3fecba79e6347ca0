package pipeline_test

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// TestProgress: a run counts each byte and each file once, with each way of reading.
func TestProgress(t *testing.T) {
	guard(t)
	dir := t.TempDir()
	left := filetest.Write(t, filetest.Random(1000))
	items := []pipeline.Item{
		{Marker: true},
		{Name: filepath.Join(dir, "missing")},
		{Name: left},
		{Name: dir},
		{Name: "reader", Reader: bytes.NewReader(filetest.Random(3*buffer + 1))},
		{Name: "failing"},
	}
	total := int64(3*buffer + 1 + 7)
	for i := range 200 {
		size := i * i % 3000
		items = append(items, pipeline.Item{Name: filetest.Write(t, filetest.Random(size)), Listed: i%2 == 0})
		total += int64(size)
	}
	for _, size := range []int{buffer - 1, buffer, buffer + 1, 5 * buffer} {
		items = append(items, pipeline.Item{Name: filetest.Write(t, filetest.Random(size))})
		total += int64(size)
	}
	want := pipeline.Position{Bytes: total, Files: int64(len(items) - 2)}
	for _, opt := range []pipeline.Options{{}, {IO: pipeline.ReadIO}, {Files: 1}, {DropCache: true}} {
		t.Run(fmt.Sprintf("%+v", opt), func(t *testing.T) {
			items[4].Reader.(io.Seeker).Seek(0, io.SeekStart)
			items[5].Reader = io.MultiReader(bytesOf(7), failing{})
			var p pipeline.Progress
			if at := p.Now(); at != (pipeline.Position{}) {
				t.Errorf("before the run: %+v", at)
			}
			opt.Progress = &p
			opt.Exclude = []reader.ID{reader.Stat(left).ID}
			run(t, list(items...), opt)
			if at := p.Now(); at != want {
				t.Errorf("at the end: %+v, want %+v", at, want)
			}
		})
	}
}

// TestProgressAmidst checks the position during a run.
func TestProgressAmidst(t *testing.T) {
	guard(t)
	var p pipeline.Progress
	first := filetest.Write(t, filetest.Random(10))
	looks := 0
	amidst := readerFunc(func(b []byte) (int, error) {
		at := p.Now()
		if looks == 5 {
			return 0, io.EOF
		}
		if at.Name != "amidst" || at.Files != 1 || at.Bytes != int64(10+looks*buffer) {
			t.Errorf("look %d: %+v", looks, at)
		}
		looks++
		return io.ReadFull(bytesOf(len(b)), b)
	})
	run(t, list(
		pipeline.Item{Name: first},
		pipeline.Item{Name: "amidst", Reader: amidst, Barrier: true},
		pipeline.Item{Name: first},
	), pipeline.Options{Progress: &p})
	if want := (pipeline.Position{Bytes: 20 + 5*buffer, Files: 3}); looks != 5 || p.Now() != want {
		t.Errorf("%d looks, then %+v, want %+v", looks, p.Now(), want)
	}
}

func bytesOf(n int) io.Reader { return bytes.NewReader(make([]byte, n)) }

// failing is a reader that fails.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
