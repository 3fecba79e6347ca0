//go:build unix

package pipeline_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// TestRefusedIsNoBarrier: a FIFO that is never opened delays nothing.
func TestRefusedIsNoBarrier(t *testing.T) {
	guard(t)
	dir := t.TempDir()
	filetest.MakeFIFO(t, filepath.Join(dir, "fifo"))
	directory := filetest.OpenDir(t, nil, dir, reader.Beneath)
	behind := make(chan struct{})
	results := run(t, list(
		pipeline.Item{Reader: readerFunc(func([]byte) (int, error) { <-behind; return 0, io.EOF })},
		pipeline.Item{Name: "fifo", In: directory},
		pipeline.Item{Name: "../fifo", In: directory},
		pipeline.Item{Reader: readerFunc(func([]byte) (int, error) { close(behind); return 0, io.EOF })},
	), pipeline.Options{Files: 4})
	checkDigest(t, results[0], nil)
	checkDigest(t, results[3], nil)
	if results[1].Err != reader.ErrNotRegular || results[2].Err != reader.ErrDotDot {
		t.Errorf("got %v and %v, want ErrNotRegular and ErrDotDot", results[1].Err, results[2].Err)
	}
	if results[1].Opened || results[2].Opened {
		t.Error("what is refused counts as opened")
	}
}

// TestBeneathIsABarrier: with the rule Beneath too, a file that the sink writes to is
// read when its turn comes, with what it holds by then.
func TestBeneathIsABarrier(t *testing.T) {
	guard(t)
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	id, ok := reader.Identity(int(out.Fd()))
	if !ok {
		t.Fatal("no identity")
	}
	directory := filetest.OpenDir(t, nil, dir, reader.Beneath)
	sink := &keeper{onResult: func(*pipeline.Result) error {
		_, err := out.WriteString("x")
		return err
	}}
	src := count(100, func(i int) pipeline.Item {
		if i%10 == 9 {
			return pipeline.Item{Name: "./out", In: directory}
		}
		return pipeline.Item{Name: "missing", In: directory}
	})
	if err := start(t.Context(), src, sink, pipeline.Options{Barriers: []reader.ID{id}}); err != nil {
		t.Fatal(err)
	}
	for i, r := range sink.results {
		if i%10 == 9 {
			checkDigest(t, r, bytes.Repeat([]byte("x"), i))
		}
	}
}

// TestBeneathWithFewDescriptors: a file takes two descriptors while it is opened, and
// one while it is looked at. No file may fail for lack of descriptors.
func TestBeneathWithFewDescriptors(t *testing.T) {
	// The directory takes one.
	withFew(t, []int{fewest + 2, 5, 20}, func(t *testing.T, _ int) {
		dir := t.TempDir()
		for i := range 5 {
			if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(i)), filetest.Random(i*1000), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		directory := filetest.OpenDir(t, nil, dir, reader.Beneath)
		files := 3000
		if testing.Short() {
			files = 500
		}
		src := count(files, func(i int) pipeline.Item {
			if i%7 == 0 {
				return pipeline.Item{Name: filepath.Join(dir, strconv.Itoa(i%5))}
			}
			return pipeline.Item{Name: strconv.Itoa(i % 5), In: directory}
		})
		for i, r := range run(t, src, pipeline.Options{}) {
			checkDigest(t, r, filetest.Random(i%5*1000))
		}
	})
}
