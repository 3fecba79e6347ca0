//go:build unix

package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// A written is a sink that tells how many results have been written.
type written struct {
	keeper
	mu    sync.Mutex
	moved sync.Cond
	n     int
}

func newWritten() *written {
	w := &written{}
	w.moved.L = &w.mu
	w.onFlush = func() error {
		w.mu.Lock()
		w.n = w.flushed
		w.mu.Unlock()
		w.moved.Broadcast()
		return nil
	}
	return w
}

// await waits until n results have been written.
func (w *written) await(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.n < n {
		w.moved.Wait()
	}
}

func (w *written) now() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.n
}

func replace(t testing.TB, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Error(err)
	}
}

// produce opens a FIFO, which waits for its reader, and writes to it in two parts,
// calling between after the first.
func produce(t testing.TB, name, content string, between func()) {
	w, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Error(err)
		return
	}
	defer w.Close()
	io.WriteString(w, content[:len(content)/2])
	if between != nil {
		between()
	}
	io.WriteString(w, content[len(content)/2:])
}

// yield gives other goroutines, which should be blocked, the chance to run.
func yield() {
	for range 100 {
		runtime.Gosched()
	}
}

// checkContents compares results with the expected contents of the files.
func checkContents(t *testing.T, results []pipeline.Result, contents ...string) {
	t.Helper()
	if len(results) != len(contents) {
		t.Fatalf("%d results, want %d", len(results), len(contents))
	}
	for i, r := range results {
		checkDigest(t, r, []byte(contents[i]))
	}
}

// repeat runs a test that depends on scheduling several times.
func repeat(t *testing.T, test func(t *testing.T)) {
	guard(t)
	times := repetitions(5, 20, 50)
	for range times {
		test(t)
	}
}

// TestWritersInTurn lists one FIFO several times. Each time is for one writer, which
// starts when the previous digest was written. Opening the FIFO twice at once would
// divide one writer's bytes.
func TestWritersInTurn(t *testing.T) {
	repeat(t, func(t *testing.T) {
		name, sink := filetest.NewFIFO(t), newWritten()
		go func() {
			for i := range 3 {
				sink.await(i)
				produce(t, name, fmt.Sprintf("writer %d", i), yield)
			}
		}()
		if err := start(context.Background(), pipeline.Names(name, name, name), sink, pipeline.Options{}); err != nil {
			t.Error(err)
		}
		checkContents(t, sink.results, "writer 0", "writer 1", "writer 2")
	})
}

// TestFileBehindFIFO: the FIFO's producer writes the file that is listed next before it
// closes the FIFO.
func TestFileBehindFIFO(t *testing.T) {
	repeat(t, func(t *testing.T) {
		name, file := filetest.NewFIFO(t), filetest.Write(t, []byte("old"))
		go produce(t, name, "the producer", func() {
			yield()
			replace(t, file, "new")
		})
		checkContents(t, run(t, pipeline.Names(file, name, file), pipeline.Options{}), "old", "the producer", "new")
	})
}

// TestFIFOBehindFIFO: the producer replaces a file with a FIFO, or a FIFO with a file.
// The next item has to be looked at again when the first FIFO is over, and then is a
// barrier or no longer one.
func TestFIFOBehindFIFO(t *testing.T) {
	repeat(t, func(t *testing.T) {
		dir := t.TempDir()
		first := filetest.MakeFIFO(t, filepath.Join(dir, "first"))
		second := filepath.Join(dir, "second") // a file, then a FIFO
		third := filetest.MakeFIFO(t, filepath.Join(dir, "third"))
		fourth := filepath.Join(dir, "fourth")
		replace(t, second, "old")
		replace(t, fourth, "old")
		sink := newWritten()
		go func() {
			produce(t, first, "the first", func() {
				yield()
				os.Remove(second)
				filetest.MakeFIFO(t, second)
				os.Remove(third)
				replace(t, third, "the third, a file")
			})
			produce(t, second, "the second", func() {
				if n := sink.now(); n != 1 {
					t.Errorf("the second FIFO was opened with %d results written, want 1", n)
				}
				yield()
				replace(t, fourth, "new")
			})
		}()
		if err := start(context.Background(), pipeline.Names(first, second, third, fourth), sink, pipeline.Options{}); err != nil {
			t.Error(err)
		}
		checkContents(t, sink.results, "the first", "the second", "the third, a file", "new")
	})
}

// TestFIFOWaitsForEarlier: a FIFO is not opened for reading, not even to look at it,
// before all earlier results are written.
func TestFIFOWaitsForEarlier(t *testing.T) {
	repeat(t, func(t *testing.T) {
		name, file := filetest.NewFIFO(t), filetest.Write(t, []byte("file"))
		slow := readerFunc(func([]byte) (int, error) {
			for range 10 {
				yield()
				fd, err := unix.Open(name, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
				if err == nil {
					unix.Close(fd)
				}
				if err != unix.ENXIO { // there is no reader
					t.Errorf("the FIFO is open beside an earlier item: %v", err)
				}
			}
			return 0, io.EOF
		})
		sink := newWritten()
		go produce(t, name, "content", func() {
			if n := sink.now(); n != 2 {
				t.Errorf("the FIFO was opened with %d results written, want 2", n)
			}
		})
		src := list(pipeline.Item{Name: file}, pipeline.Item{Reader: slow}, pipeline.Item{Name: name}, pipeline.Item{Name: file})
		if err := start(context.Background(), src, sink, pipeline.Options{}); err != nil {
			t.Error(err)
		}
		checkContents(t, sink.results, "file", "", "content", "file")
	})
}

// TestNothingBesideAFIFO: while a FIFO is being read, nothing behind it is.
func TestNothingBesideAFIFO(t *testing.T) {
	repeat(t, func(t *testing.T) {
		name, sink := filetest.NewFIFO(t), newWritten()
		var open atomic.Bool
		go produce(t, name, "content", func() {
			open.Store(true)
			yield()
			open.Store(false)
		})
		src := count(100, func(i int) pipeline.Item {
			if i == 0 {
				return pipeline.Item{Name: name}
			}
			return pipeline.Item{Reader: readerFunc(func([]byte) (int, error) {
				if open.Load() || sink.now() == 0 {
					t.Errorf("item %d is read beside the FIFO", i)
				}
				return 0, io.EOF
			})}
		})
		if err := start(context.Background(), src, sink, pipeline.Options{}); err != nil {
			t.Error(err)
		}
		checkDigest(t, sink.results[0], []byte("content"))
	})
}

// TestFIFOsAmongFiles: a script writes to FIFOs in the order in which they are listed.
// It would block forever if another were opened first.
func TestFIFOsAmongFiles(t *testing.T) {
	guard(t)
	dir, file := t.TempDir(), filetest.Write(t, filetest.Random(1000))
	var all, fifos, contents []string
	for i := range 100 {
		all = append(all, file)
		contents = append(contents, string(filetest.Random(1000)))
		if i%3 == 0 {
			fifo := filetest.MakeFIFO(t, filepath.Join(dir, fmt.Sprint(i)))
			fifos = append(fifos, fifo)
			all = append(all, fifo)
			contents = append(contents, string(filetest.Random(200_000+i)))
		}
	}
	go func() {
		for i, name := range fifos {
			produce(t, name, string(filetest.Random(200_000+3*i)), nil)
		}
	}()
	checkContents(t, run(t, pipeline.Names(all...), pipeline.Options{}), contents...)
}

// TestDescriptorNames: of several names of one pipe, the first listed gets its data.
func TestDescriptorNames(t *testing.T) {
	repeat(t, func(t *testing.T) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		name := fmt.Sprintf("/dev/fd/%d", r.Fd())
		if _, err := os.Stat(name); err != nil {
			t.Skip(err)
		}
		content := string(filetest.Random(200_000))
		go func() {
			io.WriteString(w, content)
			w.Close()
		}()
		checkContents(t, run(t, pipeline.Names(name, name, "/dev/null", name), pipeline.Options{}), content, "", "", "")
	})
}

// TestLabel: the name of an item with a Reader is never looked at.
func TestLabel(t *testing.T) {
	guard(t)
	read := make(chan struct{})
	src := list(
		pipeline.Item{Reader: readerFunc(func([]byte) (int, error) { <-read; return 0, io.EOF })},
		pipeline.Item{Name: filetest.NewFIFO(t), Reader: readerFunc(func([]byte) (int, error) { close(read); return 0, io.EOF })},
	)
	checkContents(t, run(t, src, pipeline.Options{}), "", "")
}

// TestCancelInAFIFO: an open that waits for a writer can't be interrupted. Run waits
// for it.
func TestCancelInAFIFO(t *testing.T) {
	guard(t)
	name := filetest.NewFIFO(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	over := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		cancel(errCause)
		for { // a writer that opens the FIFO now and then and writes nothing
			select {
			case <-over:
				return
			default:
			}
			// Fails unless a reader has the FIFO open or waits in open.
			if fd, err := unix.Open(name, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0); err == nil {
				unix.Close(fd)
			}
			runtime.Gosched()
		}
	})
	err := start(ctx, pipeline.Names(name, name), newWritten(), pipeline.Options{})
	if err != errCause {
		t.Errorf("Run = %v, want %v", err, errCause)
	}
	close(over)
	writer.Wait()
}

// TestOutputAmongInput lists the file that the sink writes to, under several names.
// Each time its contents are what was written so far, as if all items were processed
// one after the other.
func TestOutputAmongInput(t *testing.T) {
	repeat(t, func(t *testing.T) {
		dir := t.TempDir()
		name, hard, soft := filepath.Join(dir, "out"), filepath.Join(dir, "hard"), filepath.Join(dir, "soft")
		out, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		if err := os.Link(name, hard); err != nil {
			t.Skip(err)
		}
		if err := os.Symlink(name, soft); err != nil {
			t.Skip(err)
		}
		id, ok := reader.Identity(int(out.Fd()))
		if !ok {
			t.Fatal("it has no identity")
		}
		file := filetest.Write(t, filetest.Random(1000))
		var all []string
		for i := range 50 {
			all = append(all, file)
			if i%5 == 0 {
				all = append(all, []string{name, hard, soft}[i/5%3])
			}
		}
		var text []byte
		var sink keeper
		sink.onResult = func(r *pipeline.Result) error {
			if r.Name != file {
				checkDigest(t, *r, text)
			}
			text = fmt.Appendf(text, "%x  %s\n", r.Digest, r.Name)
			return nil
		}
		written := 0
		sink.onFlush = func() error {
			n, err := out.Write(text[written:])
			written += n
			return err
		}
		opt := pipeline.Options{Barriers: []reader.ID{id}}
		if err := start(context.Background(), pipeline.Names(all...), &sink, opt); err != nil {
			t.Error(err)
		}
	})
}

// TestExcluded: an excluded file is left out under every name, and not opened; a FIFO
// would release its writer. Nothing else is left out.
func TestExcluded(t *testing.T) {
	repeat(t, func(t *testing.T) {
		dir := t.TempDir()
		out, hard, soft := filepath.Join(dir, "out"), filepath.Join(dir, "hard"), filepath.Join(dir, "soft")
		filetest.MakeFIFO(t, out)
		if err := os.Link(out, hard); err != nil {
			t.Skip(err)
		}
		if err := os.Symlink(out, soft); err != nil {
			t.Skip(err)
		}
		data := filetest.Random(1000)
		file, kept, missing := filetest.Write(t, data), filetest.Write(t, nil), filepath.Join(dir, "missing")
		var all []string
		for range 20 {
			all = append(all, out, file, hard, missing, soft, file, kept)
		}
		opt := pipeline.Options{Exclude: []reader.ID{reader.Stat(out).ID}, Reserved: []reader.ID{reader.Stat(kept).ID}}
		for _, r := range run(t, pipeline.Names(all...), opt) {
			switch r.Name {
			case file:
				checkDigest(t, r, data)
			case missing:
				if !errors.Is(r.Err, fs.ErrNotExist) {
					t.Errorf("%q: %v", r.Name, r.Err)
				}
			case kept:
				if r.Err != pipeline.ErrReserved || r.Opened || r.Digest != nil {
					t.Errorf("%q: error %v, opened %v, digest %x", r.Name, r.Err, r.Opened, r.Digest)
				}
			default:
				if r.Err != pipeline.ErrExcluded || r.Excluded != opt.Exclude[0] || r.Opened || r.Digest != nil {
					t.Errorf("%q: error %v, opened %v, digest %x", r.Name, r.Err, r.Opened, r.Digest)
				}
			}
		}
	})
}
