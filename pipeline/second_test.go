//go:build unix

package pipeline_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/pipeline"
)

// three are the algorithms of these tests, and threeOf their digests.
var three = []*hasher.Algorithm{hasher.SHA1, hasher.MD5, hasher.SHA256}

func threeOf(data []byte) [][]byte {
	a, b, c := sha1.Sum(data), md5.Sum(data), sha256.Sum256(data)
	return [][]byte{a[:], b[:], c[:]}
}

func yes(*pipeline.Result) bool { return true }
func no(*pipeline.Result) bool  { return false }

// wantDigests compares the digests of a result with the first n of three.
func wantDigests(t *testing.T, r *pipeline.Result, data []byte, n int) {
	t.Helper()
	want := threeOf(data)[:n]
	if r.Err != nil || !bytes.Equal(r.Digest, want[0]) || len(r.Digests) != n {
		t.Errorf("%s, %d bytes: %x, %d digests, %v, want %d", r.Name, len(data), r.Digest, len(r.Digests), r.Err, n)
		return
	}
	for i := range want {
		if !bytes.Equal(r.Digests[i], want[i]) {
			t.Errorf("%s, %d bytes: digest %d is %x, want %x", r.Name, len(data), i, r.Digests[i], want[i])
		}
	}
}

// TestSecondPass reads files, readers and FIFOs at random once or twice, in every way.
func TestSecondPass(t *testing.T) {
	guard(t)
	dir := t.TempDir()
	sizes := []int{0, 1, 100, 5000, buffer, buffer + 1, 3*buffer + 7}
	contents := make([][]byte, 0, len(sizes))
	for i, size := range sizes {
		contents = append(contents, filetest.Random(size))
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), contents[i], 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, opt := range []pipeline.Options{
		{}, {Workers: 1, Files: 1}, {Workers: 2, Files: 3}, {Workers: 3, IO: pipeline.ReadIO}, {DropCache: true},
	} {
		var total int64
		opt.Progress = &pipeline.Progress{}
		want := make([]struct {
			data    []byte
			digests int
		}, 200)
		items := count(len(want), func(i int) pipeline.Item {
			file := rand.IntN(len(sizes))
			w := &want[i]
			w.data, w.digests = contents[file], 3
			item := pipeline.Item{Name: filepath.Join(dir, fmt.Sprint(file)), Algorithms: three, First: rand.IntN(3), Enough: no}
			if item.First > 0 && rand.IntN(2) == 0 {
				item.Enough, w.digests = yes, item.First
			}
			switch rand.IntN(20) {
			case 0:
				item.Reader, w.digests = bytes.NewReader(w.data), 3
			case 1:
				item.Barrier, w.digests = true, 3
			case 2:
				item.Name, w.digests = filetest.NewFIFO(t), 3
				go os.WriteFile(item.Name, w.data, 0)
			}
			total += int64(len(w.data))
			return item
		})
		results := run(t, items, opt)
		for i := range results {
			wantDigests(t, &results[i], want[i].data, want[i].digests)
		}
		if at := opt.Progress.Now(); at.Bytes != total || at.Files != int64(len(want)) {
			t.Errorf("%+v, want %d bytes of %d files", at, total, len(want))
		}
	}
}

// TestSecondPassChanged: the second pass reads what the name stands for by then, if it
// is a regular file. A FIFO isn't opened, or the test would hang.
func TestSecondPassChanged(t *testing.T) {
	guard(t)
	for _, opt := range []pipeline.Options{{}, {Files: 1}, {IO: pipeline.ReadIO}} {
		dir := t.TempDir()
		data, other := filetest.Random(1000), filetest.Random(2000)
		name := filepath.Join(dir, "name")
		for _, test := range []struct {
			title  string
			change func() error
			want   int
		}{
			{"gone", func() error { return nil }, 1},
			{"a directory", func() error { return os.Mkdir(name, 0o777) }, 1},
			{"a FIFO", func() error { filetest.MakeFIFO(t, name); return nil }, 1},
			{"other bytes", func() error { return os.WriteFile(name, other, 0o666) }, 3},
		} {
			os.Remove(name)
			if err := os.WriteFile(name, data, 0o666); err != nil {
				t.Fatal(err)
			}
			item := pipeline.Item{Name: name, Algorithms: three, First: 1, Enough: func(*pipeline.Result) bool {
				if err := errors.Join(os.Remove(name), test.change()); err != nil {
					t.Error(err)
				}
				return false
			}}
			r := run(t, list(item), opt)[0]
			if test.want == 1 {
				wantDigests(t, &r, data, 1)
				continue
			}
			now := threeOf(other)
			if first := sha1.Sum(data); r.Err != nil || !bytes.Equal(r.Digest, first[:]) || len(r.Digests) != 3 ||
				!bytes.Equal(r.Digests[1], now[1]) || !bytes.Equal(r.Digests[2], now[2]) {
				t.Errorf("%s: %x, %v", test.title, r.Digests, r.Err)
			}
		}
	}
}

// TestSecondPassNeedsNobody: a file is read again even while all readers wait for the
// source, which waits until the file's result is out.
func TestSecondPassNeedsNobody(t *testing.T) {
	guard(t)
	data := filetest.Random(100)
	name := filetest.Write(t, data)
	for _, opt := range []pipeline.Options{{}, {Files: 1}, {Files: 2, Workers: 1}} {
		given := 0
		src := source(func(_ context.Context, control pipeline.RunControl) (pipeline.Item, error) {
			if given == 50 {
				return pipeline.Item{}, io.EOF
			}
			if given++; !control.AwaitWritten() {
				return pipeline.Item{}, context.Canceled
			}
			return pipeline.Item{Name: name, Algorithms: three, First: 1, Enough: no}, nil
		})
		for _, r := range run(t, src, opt) {
			wantDigests(t, &r, data, 3)
		}
	}
}

// TestSecondPassFullWindow: a second pass doesn't wait for room in a full window.
func TestSecondPassFullWindow(t *testing.T) {
	guard(t)
	data := filetest.Random(10)
	name := filetest.Write(t, data)
	n := pipeline.WindowItems + 1000
	items := count(n, func(i int) pipeline.Item {
		return pipeline.Item{Name: name, Algorithms: three, First: 1, Enough: func(*pipeline.Result) bool { return i%7 > 0 }}
	})
	for i, r := range run(t, items, pipeline.Options{}) {
		want := 1
		if i%7 == 0 {
			want = 3
		}
		wantDigests(t, &r, data, want)
	}
}

// TestSecondPassCancelled cancels runs at random moments during second passes.
func TestSecondPassCancelled(t *testing.T) {
	guard(t)
	name := filetest.Write(t, filetest.Random(2*buffer))
	for i := range repetitions(20, 20, 60) {
		ctx, cancel := context.WithCancel(context.Background())
		stop := errors.New("stop")
		var asked atomic.Int64
		at := rand.Int64N(40)
		items := count(100, func(int) pipeline.Item {
			return pipeline.Item{Name: name, Algorithms: three, First: 1, Enough: func(*pipeline.Result) bool {
				if asked.Add(1) == at && i%2 == 0 {
					cancel()
				}
				return false
			}}
		})
		sink := &keeper{onResult: func(*pipeline.Result) error { return nil }, onFlush: func() error { return nil }}
		if i%2 == 1 {
			left := at
			sink.onResult = func(*pipeline.Result) error {
				if left--; left < 0 {
					return stop
				}
				return nil
			}
		}
		err := start(ctx, items, sink, pipeline.Options{Files: i % 4})
		if i%2 == 1 && err != stop {
			t.Errorf("Run = %v, want %v", err, stop)
		}
		cancel()
	}
}
