package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/pipeline"
	"golang.org/x/sys/unix"
)

// largeFrom is the size from which files count as large in these tests. largeSize is
// the size of the large files, which are sparse: some buffers and a rest.
const (
	largeFrom = 100 * buffer
	largeSize = largeFrom + 5*buffer + 77
)

// largeFile creates a large file with some data in a few places.
func largeFile(t *testing.T) (name string) {
	t.Helper()
	filetest.NeedTrustedTimes(t)
	name = filetest.Write(t, filetest.Random(100_000))
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for at := int64(1 << 20); at < largeSize; at += 1 << 20 {
		if _, err := f.WriteAt(filetest.Random(3000), at); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Truncate(largeSize); err != nil {
		t.Fatal(err)
	}
	return name
}

// A trip is a run over one large file, in which something is done after a given buffer.
type trip struct {
	opt     pipeline.Options
	breaker pipeline.Breaker
	used    pipeline.Used
	asked   int // calls of the clock
}

// at makes the run call do after the n-th buffer that it fills, counted from where
// reading begins. The time advances by step with each buffer.
func (r *trip) at(n int, step time.Duration, do func()) {
	begun := time.Now()
	r.opt.SetClock(func() time.Time {
		if r.asked++; r.asked == n+1 { // the first call is at the beginning
			do()
		}
		return begun.Add(time.Duration(r.asked) * step)
	})
}

// breakOff breaks off the run from inside it, and so can't wait.
func (r *trip) breakOff() { r.breaker.BreakOff(0) }

// start returns what Run returns, and the result if there is one.
func (r *trip) start(book *notebook, item pipeline.Item) (*pipeline.Result, error) {
	r.opt.Cache, r.opt.Breaker, r.opt.Used = book, &r.breaker, &r.used
	r.opt.SetLarge(largeFrom)
	var k keeper
	err := start(context.Background(), list(item), &k, r.opt)
	if len(k.results) == 0 {
		return nil, err
	}
	return &k.results[0], err
}

// brokenOff breaks off a run over a file after n buffers.
func brokenOff(t *testing.T, book *notebook, item pipeline.Item, n int, opt pipeline.Options) {
	t.Helper()
	r := &trip{opt: opt}
	r.at(n, 0, r.breakOff)
	if result, err := r.start(book, item); result != nil || err == nil {
		t.Fatalf("%+v, %v of a run that was broken off", result, err)
	}
}

// wantResumed runs to the end and compares the digests with those of a run without a
// cache.
func wantResumed(t *testing.T, book *notebook, item pipeline.Item, offset int64, opt pipeline.Options) {
	t.Helper()
	var p pipeline.Progress
	r := &trip{opt: opt}
	r.opt.Progress = &p
	got, err := r.start(book, item)
	if err != nil || got == nil {
		t.Fatal(got, err)
	}
	wantSameDigests(t, got, item)
	want := pipeline.Resumed{}
	if offset > 0 {
		want = pipeline.Resumed{Files: 1, Bytes: offset, Size: largeSize}
	}
	if r.used.Resumed != want {
		t.Errorf("resumed %+v, want %+v", r.used.Resumed, want)
	}
	if size := fileSize(t, item); p.Now().Bytes != size {
		t.Errorf("progress is %d bytes of %d", p.Now().Bytes, size)
	}
}

func fileSize(t *testing.T, item pipeline.Item) int64 {
	t.Helper()
	st, err := os.Stat(item.Name)
	if err != nil {
		t.Fatal(err)
	}
	return st.Size()
}

func wantSameDigests(t *testing.T, got *pipeline.Result, item pipeline.Item) {
	t.Helper()
	want := run(t, list(item), pipeline.Options{})[0]
	if got.Err != nil || !bytes.Equal(got.Digest, want.Digest) || !slices.EqualFunc(got.Digests, want.Digests, bytes.Equal) {
		t.Errorf("%x, %x, %v, want %x, %x", got.Digest, got.Digests, got.Err, want.Digest, want.Digests)
	}
}

// TestResume: a run that was broken off after any buffer resumes there, however the
// file is read and with any algorithms, and computes the same digests.
func TestResume(t *testing.T) {
	guard(t)
	name := largeFile(t)
	rings := []pipeline.IO{pipeline.ReadIO}
	if haveRing(t) {
		rings = append(rings, pipeline.RingIO)
	}
	var options []pipeline.Options
	for _, io := range rings {
		options = append(options, pipeline.Options{IO: io}, pipeline.Options{IO: io, Files: 1, Workers: 1}, pipeline.Options{IO: io, DropCache: true})
	}
	some := []*hasher.Algorithm{hasher.SHA1, hasher.BLAKE2b.Sized(20), hasher.SHA512_256}
	for i, algs := range [][]*hasher.Algorithm{nil, {hasher.SHA256}, {hasher.BLAKE2b}, some, {hasher.MD5}, {hasher.SHA1}} {
		item := pipeline.Item{Name: name, Algorithms: algs}
		opt := options[i%len(options)]
		book := &notebook{}
		// Each run gets further.
		at := int64(0)
		for _, buffers := range []int{1, 40, 60 - i} {
			brokenOff(t, book, item, buffers, opt)
			at += int64(buffers) * buffer
			for k, p := range book.parts {
				if n, ok := k.algorithm.Saved(p.state); !ok || n != at || p.begun.After(time.Now()) {
					t.Errorf("%s: kept behind %d bytes, %v, want %d", k.algorithm.Name, n, ok, at)
				}
			}
			if len(book.parts) != max(len(algs), 1) {
				t.Fatalf("%d parts", len(book.parts))
			}
		}
		wantResumed(t, book, item, at, opt)
		if _, kept := book.counts(); kept != max(len(algs), 1) {
			t.Errorf("%d digests were kept", kept)
		}
		// Now the digest is known, and the part isn't looked up.
		wantResumed(t, book, item, 0, opt)
	}
}

// TestResumeTold: the time kept with a part is that at which the file's first byte was
// read, even if that was several runs ago.
func TestResumeTold(t *testing.T) {
	guard(t)
	item := pipeline.Item{Name: largeFile(t)}
	book := &notebook{}
	brokenOff(t, book, item, 1, pipeline.Options{})
	var first time.Time
	for k, p := range book.parts {
		first = p.begun.Add(-time.Hour) // to differ from now
		book.parts[k] = notedPart{first, p.state}
	}
	for range 2 {
		brokenOff(t, book, item, 1, pipeline.Options{})
		for _, p := range book.parts {
			if !p.begun.Equal(first) {
				t.Errorf("begun at %v, want %v", p.begun, first)
			}
		}
	}
}

// TestPartOnceInAWhile: while a file is read its state is kept repeatedly, and a run
// can resume from each of the states.
func TestPartOnceInAWhile(t *testing.T) {
	guard(t)
	item := pipeline.Item{Name: largeFile(t)}
	for _, test := range []struct {
		step time.Duration
		want int64
	}{
		{pipeline.PartEvery, 78}, {pipeline.PartEvery / 20, 59}, {0, 0}, {pipeline.PartEvery / 78, 78},
	} {
		killed := &notebook{}
		r := &trip{}
		var before map[noted]notedPart
		book := &notebook{}
		r.at(80, test.step, func() { before = cloned(book.parts) })
		if got, err := r.start(book, item); err != nil {
			t.Fatal(err)
		} else {
			wantSameDigests(t, got, item)
		}
		killed.parts = before // all that is left after the process is killed
		wantResumed(t, killed, item, test.want*buffer, pipeline.Options{})
	}
}

func cloned(parts map[noted]notedPart) map[noted]notedPart {
	c := map[noted]notedPart{}
	for k, p := range parts {
		c[k] = p
	}
	return c
}

// TestNoPart: no part is kept of files that aren't large, can't be saved or may be
// written to.
func TestNoPart(t *testing.T) {
	guard(t)
	name := largeFile(t)
	small := filetest.Write(t, nil)
	if err := os.Truncate(small, largeFrom-1); err != nil {
		t.Fatal(err)
	}
	open := func(flags int) func(t *testing.T) {
		return func(t *testing.T) {
			w, err := os.OpenFile(name, flags, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { w.Close() })
		}
	}
	for _, test := range []struct {
		title string
		item  pipeline.Item
		do    func(t *testing.T)
	}{
		{"small", pipeline.Item{Name: small}, nil},
		{"BLAKE3", pipeline.Item{Name: name, Algorithms: []*hasher.Algorithm{hasher.BLAKE3}}, nil},
		{"BLAKE3 beside others", pipeline.Item{Name: name, Algorithms: []*hasher.Algorithm{hasher.SHA1, hasher.BLAKE3}}, nil},
		{"open for writing", pipeline.Item{Name: name}, open(os.O_WRONLY)},
		{"open for reading and writing", pipeline.Item{Name: name}, open(os.O_RDWR)},
		{"mapped", pipeline.Item{Name: name}, func(t *testing.T) {
			w, err := os.OpenFile(name, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			memory, err := unix.Mmap(int(w.Fd()), 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
			w.Close()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { unix.Munmap(memory) })
		}},
		{"a reader", pipeline.Item{Name: name, Reader: bytes.NewReader(make([]byte, largeSize))}, nil},
		{"a barrier", pipeline.Item{Name: name, Barrier: true}, nil},
	} {
		t.Run(test.title, func(t *testing.T) {
			if test.do != nil {
				test.do(t)
			}
			book := &notebook{}
			r := &trip{}
			r.at(3, pipeline.PartEvery, r.breakOff)
			if _, err := r.start(book, test.item); (err != nil) != (r.asked > 3) {
				t.Error(err)
			}
			if len(book.parts) > 0 {
				t.Errorf("kept was %+v", book.parts)
			}
		})
	}
}

// changes are ways in which a large file may change.
var changes = map[string]func(name string) error{
	"grown":     func(name string) error { return appendTo(name, filetest.Random(1)) },
	"truncated": func(name string) error { return os.Truncate(name, largeSize-buffer) },
	"written": func(name string) error {
		st, err := os.Stat(name)
		if err != nil {
			return err
		}
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteAt([]byte{0xff}, 50*buffer)
		return errors.Join(err, f.Close(), os.Chtimes(name, st.ModTime(), st.ModTime()))
	},
	"mapped": func(name string) error {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		memory, err := unix.Mmap(int(f.Fd()), 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err != nil {
			return err
		}
		memory[100] ^= 1
		return unix.Munmap(memory)
	},
	"mode": func(name string) error { return os.Chmod(name, 0o400) },
	"link": func(name string) error { return os.Link(name, name+".link") },
	"replaced": func(name string) error {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		data[1] ^= 1
		return errors.Join(os.WriteFile(name+".new", data, 0o600), os.Rename(name+".new", name))
	},
	"removed and made again": func(name string) error {
		return errors.Join(os.Remove(name), os.WriteFile(name, make([]byte, largeSize), 0o600))
	},
}

// TestResumeNothing: a file that has changed in any way since its part was kept is read
// from its beginning.
func TestResumeNothing(t *testing.T) {
	guard(t)
	for title, change := range changes {
		t.Run(title, func(t *testing.T) {
			item := pipeline.Item{Name: largeFile(t)}
			book := &notebook{}
			brokenOff(t, book, item, 60, pipeline.Options{})
			if len(book.parts) != 1 {
				t.Fatalf("%d parts were kept", len(book.parts))
			}
			tick()
			if err := change(item.Name); err != nil {
				t.Fatal(err)
			}
			wantResumed(t, book, item, 0, pipeline.Options{})
		})
		t.Run(title+" when it is opened", func(t *testing.T) {
			item := pipeline.Item{Name: largeFile(t)}
			book := &notebook{}
			brokenOff(t, book, item, 60, pipeline.Options{})
			tick()
			var changed atomic.Bool
			book.onFind = func() {
				if !changed.Swap(true) {
					if err := change(item.Name); err != nil {
						t.Error(err)
					}
				}
			}
			wantResumed(t, book, item, 0, pipeline.Options{})
			if _, kept := book.counts(); kept != 0 {
				t.Error("its digest was kept, though it isn't what it was looked up for")
			}
		})
	}
}

// tick waits until the file system's clock has advanced.
func tick() { time.Sleep(20 * time.Millisecond) }

// TestPartOfChanges: once a file has changed while it is read, neither a part nor its
// digest is kept, whether or not it was read from the beginning.
func TestPartOfChanges(t *testing.T) {
	guard(t)
	for title, change := range changes {
		for _, resumed := range []bool{false, true} {
			t.Run(title, func(t *testing.T) {
				item := pipeline.Item{Name: largeFile(t)}
				book := &notebook{}
				offset := 0
				if resumed {
					offset = 60
					brokenOff(t, book, item, offset, pipeline.Options{})
				}
				tick()
				r := &trip{}
				r.at(20, pipeline.PartEvery, func() {
					if err := change(item.Name); err != nil {
						t.Error(err)
					}
				})
				if _, err := r.start(book, item); err != nil {
					t.Fatal(err)
				}
				if _, kept := book.counts(); kept != 0 {
					t.Error("its digest was kept")
				}
				for _, p := range book.parts {
					if n, _ := hasher.SHA1.Saved(p.state); n > int64(offset+19)*buffer {
						t.Errorf("a part of %d bytes was kept of what had changed", n)
					}
				}
			})
		}
	}
}

// TestResumeWriter: while a process has a file open for writing it is read from its
// beginning. When no process has, the kept part is used again.
func TestResumeWriter(t *testing.T) {
	guard(t)
	item := pipeline.Item{Name: largeFile(t)}
	book := &notebook{}
	brokenOff(t, book, item, 60, pipeline.Options{})
	w, err := os.OpenFile(item.Name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	wantResumed(t, book, item, 0, pipeline.Options{})
	if _, kept := book.counts(); kept != 0 {
		t.Error("its digest was kept")
	}
	w.Close()
	wantResumed(t, book, item, 60*buffer, pipeline.Options{})
}

// TestResumeOdd: states of different lengths and invalid states are not used.
func TestResumeOdd(t *testing.T) {
	guard(t)
	algs := []*hasher.Algorithm{hasher.SHA1, hasher.SHA256}
	item := pipeline.Item{Name: largeFile(t), Algorithms: algs}
	first, second := &notebook{}, &notebook{}
	brokenOff(t, first, item, 60, pipeline.Options{})
	brokenOff(t, second, item, 61, pipeline.Options{})
	for title, change := range map[string]func(book *notebook, k noted){
		"of another length":    func(book *notebook, k noted) { book.parts[k] = second.parts[k] },
		"missing":              func(book *notebook, k noted) { delete(book.parts, k) },
		"of another algorithm": func(book *notebook, k noted) { book.parts[k] = book.parts[noted{hasher.SHA1, k.version}] },
		"empty":                func(book *notebook, k noted) { book.parts[k] = notedPart{} },
	} {
		t.Run(title, func(t *testing.T) {
			book := &notebook{parts: cloned(first.parts)}
			for k := range first.parts {
				if k.algorithm == hasher.SHA256 {
					change(book, k)
				}
			}
			wantResumed(t, book, item, 0, pipeline.Options{})
		})
	}
	wantResumed(t, first, item, 60*buffer, pipeline.Options{})
}

// TestResumeAtTheEnd: a run that was broken off after everything had been read resumes
// with nothing left to read.
func TestResumeAtTheEnd(t *testing.T) {
	guard(t)
	item := pipeline.Item{Name: largeFile(t)}
	if err := os.Truncate(item.Name, largeFrom); err != nil {
		t.Fatal(err)
	}
	const all = largeFrom / buffer
	for _, n := range []int{all - 2, all - 1} { // a file's last buffer is larger than the others
		book := &notebook{}
		r := &trip{}
		r.at(n, pipeline.PartEvery, r.breakOff)
		if _, err := r.start(book, item); err == nil || len(book.parts) != 1 {
			t.Fatalf("%v, %d parts", err, len(book.parts))
		}
		got, err := (&trip{}).start(book, item)
		if err != nil {
			t.Fatal(err)
		}
		wantSameDigests(t, got, item)
	}
}

// TestBreakOffWaits: BreakOff waits until the cache has the part, but not longer than
// its limit.
func TestBreakOffWaits(t *testing.T) {
	guard(t)
	item := pipeline.Item{Name: largeFile(t)}
	for _, patience := range []time.Duration{time.Nanosecond, time.Hour} {
		book := &notebook{}
		r := &trip{}
		stuck, goOn := make(chan struct{}), make(chan struct{})
		r.at(50, 0, func() {
			close(stuck)
			<-goOn
		})
		ended := make(chan error, 1)
		go func() {
			_, err := r.start(book, item)
			ended <- err
		}()
		<-stuck
		if patience == time.Hour {
			go func() {
				time.Sleep(10 * time.Millisecond)
				close(goOn)
			}()
		}
		r.breaker.BreakOff(patience)
		book.mu.Lock()
		if told := len(book.parts) == 1; told != (patience == time.Hour) {
			t.Errorf("within %v the cache was told: %v", patience, told)
		}
		book.mu.Unlock()
		if patience != time.Hour {
			close(goOn)
		}
		if err := <-ended; err == nil {
			t.Error("the run was not broken off")
		}
		r.breaker.BreakOff(time.Hour) // the run has ended
	}
}

// TestBreakOffBefore: a run that is broken off before it has begun reads nothing.
func TestBreakOffBefore(t *testing.T) {
	guard(t)
	r := &trip{}
	r.breaker.BreakOff(time.Hour)
	if got, err := r.start(&notebook{}, pipeline.Item{Name: largeFile(t)}); got != nil || err == nil || r.asked > 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestLargeFile checks that LargeFile is the size that the documentation states.
func TestLargeFile(t *testing.T) {
	guard(t)
	filetest.NeedTrustedTimes(t)
	for size, want := range map[int64]int{64<<20 - 1: 0, 64 << 20: 1} {
		name := filetest.Write(t, nil)
		if err := os.Truncate(name, size); err != nil {
			t.Fatal(err)
		}
		book := &notebook{}
		opt := pipeline.Options{Cache: book}
		asked := 0
		opt.SetClock(func() time.Time {
			asked++
			return time.Unix(int64(asked)*3600, 0)
		})
		run(t, list(pipeline.Item{Name: name}), opt)
		if len(book.parts) != want {
			t.Errorf("%d parts of a file of %d bytes, want %d", len(book.parts), size, want)
		}
	}
}
