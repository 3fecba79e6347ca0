package pipeline_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/pipeline"
)

const buffer = pipeline.BufferSize

// A source is a function that returns the items.
type source func(context.Context, pipeline.RunControl) (pipeline.Item, error)

func (next source) Next(ctx context.Context, control pipeline.RunControl) (pipeline.Item, error) {
	return next(ctx, control)
}

// A ready source is one that never waits.
type ready struct{ source }

func (ready) Arrived() bool { return true }

// list is a source of the given items.
func list(items ...pipeline.Item) ready {
	return count(len(items), func(i int) pipeline.Item { return items[i] })
}

// count is a source of n items, made one by one without waiting.
func count(n int, item func(i int) pipeline.Item) ready {
	return ready{oneByOne(n, item)}
}

// oneByOne is count for items that may have to be waited for.
func oneByOne(n int, item func(i int) pipeline.Item) source {
	i := 0
	return func(context.Context, pipeline.RunControl) (pipeline.Item, error) {
		if i == n {
			return pipeline.Item{}, io.EOF
		}
		i++
		return item(i - 1), nil
	}
}

// A keeper is a sink that keeps all results and may call a hook.
type keeper struct {
	results []pipeline.Result
	flushed int // results that have been written

	onResult func(*pipeline.Result) error
	onFlush  func() error
}

func (k *keeper) Result(r *pipeline.Result) error {
	kept := *r
	kept.Digest = bytes.Clone(r.Digest)
	kept.Digests = nil
	for _, digest := range r.Digests {
		kept.Digests = append(kept.Digests, bytes.Clone(digest))
	}
	k.results = append(k.results, kept)
	if k.onResult != nil {
		return k.onResult(r)
	}
	return nil
}

func (k *keeper) Flush() error {
	k.flushed = len(k.results)
	if k.onFlush != nil {
		return k.onFlush()
	}
	return nil
}

// run runs the source to its end and returns the results.
func run(t *testing.T, src pipeline.Source, opt pipeline.Options) []pipeline.Result {
	t.Helper()
	var k keeper
	if err := start(context.Background(), src, &k, opt); err != nil {
		t.Errorf("Run: %v", err)
	}
	if k.flushed != len(k.results) {
		t.Errorf("%d results, and %d were flushed", len(k.results), k.flushed)
	}
	return k.results
}

func checkDigest(t *testing.T, r pipeline.Result, data []byte) {
	t.Helper()
	if want := sha1.Sum(data); r.Err != nil || !bytes.Equal(r.Digest, want[:]) {
		t.Errorf("%q, %d bytes: got %x, %v, want %x", r.Name, len(data), r.Digest, r.Err, want)
	}
}

// A readerFunc is an io.Reader.
type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// onProcessors runs a test on few and many processors.
func onProcessors(t *testing.T, test func(t *testing.T)) {
	for _, n := range []int{1, 2, 8} {
		t.Run(fmt.Sprintf("procs=%d", n), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(n))
			guard(t)
			test(t)
		})
	}
}

// TestDigests compares digests with crypto/sha1's for sizes around every boundary of a
// block and of a buffer, up to more buffers than a file may hold.
func TestDigests(t *testing.T) {
	guard(t)
	var sizes []int
	for _, edge := range []int{0, 64, 128, 4096, buffer, 2 * buffer, 3 * buffer, 8 * buffer, 9 * buffer} {
		for _, d := range []int{-64, -9, -8, -1, 0, 1, 55, 56, 63} {
			if edge+d >= 0 {
				sizes = append(sizes, edge+d)
			}
		}
	}
	data := filetest.Random(10 * buffer)
	ways := map[string]func(size int) pipeline.Item{
		"file":       func(n int) pipeline.Item { return pipeline.Item{Name: filetest.Write(t, data[:n])} },
		"reader":     func(n int) pipeline.Item { return pipeline.Item{Reader: bytes.NewReader(data[:n])} },
		"half reads": func(n int) pipeline.Item { return pipeline.Item{Reader: iotest.HalfReader(bytes.NewReader(data[:n]))} },
		"end with bytes": func(n int) pipeline.Item {
			return pipeline.Item{Reader: iotest.DataErrReader(bytes.NewReader(data[:n]))}
		},
		"barrier": func(n int) pipeline.Item { return pipeline.Item{Reader: bytes.NewReader(data[:n]), Barrier: true} },
	}
	for way, item := range ways {
		for _, workers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/workers=%d", way, workers), func(t *testing.T) {
				src := count(len(sizes), func(i int) pipeline.Item { return item(sizes[i]) })
				results := run(t, src, pipeline.Options{Workers: workers, Algorithm: hasher.SHA1})
				if len(results) != len(sizes) {
					t.Fatalf("%d results, want %d", len(results), len(sizes))
				}
				for i, r := range results {
					checkDigest(t, r, data[:sizes[i]])
				}
			})
		}
	}
}

// TestManyItems processes tens of thousands of items, read by goroutines that progress
// at random; some are markers and some are errors.
func TestManyItems(t *testing.T) {
	broken := errors.New("broken")
	onProcessors(t, func(t *testing.T) {
		items := repetitions(20_000, 40_000, 100_000)
		if runtime.GOMAXPROCS(0) == 1 {
			items = 20_000
		}
		src := count(items, func(i int) pipeline.Item {
			rng := rand.New(rand.NewPCG(1, uint64(i)))
			item := pipeline.Item{Data: i}
			if rng.IntN(10) == 0 {
				item.Marker = true
				return item
			}
			left := []byte(fmt.Sprint(i))
			item.Reader = readerFunc(func(p []byte) (int, error) {
				for range rng.IntN(3) {
					runtime.Gosched()
				}
				if len(left) == 0 {
					return 0, io.EOF
				}
				if i%17 == 0 {
					return 0, broken
				}
				n := copy(p, left[:1+rng.IntN(len(left))])
				left = left[n:]
				return n, nil
			})
			return item
		})
		next := 0
		sink := &keeper{onResult: func(r *pipeline.Result) error {
			if r.Data != next {
				t.Fatalf("result %d is that of item %v", next, r.Data)
			}
			switch {
			case r.Marker:
				if r.Digest != nil || r.Err != nil {
					t.Errorf("marker %d: got %x, %v", next, r.Digest, r.Err)
				}
			case next%17 == 0:
				if r.Digest != nil || r.Err != broken {
					t.Errorf("item %d: got %x, %v, want %v", next, r.Digest, r.Err, broken)
				}
			default:
				checkDigest(t, *r, fmt.Append(nil, next))
			}
			next++
			return nil
		}}
		if err := start(context.Background(), src, sink, pipeline.Options{}); err != nil {
			t.Error(err)
		}
		if next != items {
			t.Errorf("%d results, want %d", next, items)
		}
	})
}

func TestNothing(t *testing.T) {
	guard(t)
	sink := &keeper{onFlush: func() error { t.Error("Flush with nothing to write"); return nil }}
	if err := start(context.Background(), pipeline.Names(), sink, pipeline.Options{}); err != nil {
		t.Error(err)
	}
	if len(sink.results) > 0 {
		t.Errorf("got %v", sink.results)
	}
}

// TestMarkers: a run of markers only, more than fit the window.
func TestMarkers(t *testing.T) {
	guard(t)
	const all = 2*pipeline.WindowItems + 1
	results := run(t, count(all, func(i int) pipeline.Item {
		return pipeline.Item{Marker: true, Name: "label", Data: i}
	}), pipeline.Options{})
	if len(results) != all {
		t.Fatalf("%d results, want %d", len(results), all)
	}
	for i, r := range results {
		if r.Data != i || r.Name != "label" || !r.Marker || r.Digest != nil || r.Err != nil {
			t.Fatalf("result %d is %+v", i, r)
		}
	}
}

// TestErrorsAreResults: an item that can't be read has its place among the others, with
// the system's error unchanged.
func TestErrorsAreResults(t *testing.T) {
	guard(t)
	good := filetest.Write(t, []byte("abc"))
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	names := []string{good, missing, good, dir, good, good + "/below", "", good}
	results := run(t, pipeline.Names(names...), pipeline.Options{})
	if len(results) != len(names) {
		t.Fatalf("%d results, want %d", len(results), len(names))
	}
	for i, r := range results {
		if r.Name != names[i] {
			t.Errorf("result %d is that of %q", i, r.Name)
		}
		if r.Name == good {
			checkDigest(t, r, []byte("abc"))
			continue
		}
		if r.Err == nil || r.Digest != nil {
			t.Errorf("%q: got %x, %v", r.Name, r.Digest, r.Err)
		}
		if inner := errors.Unwrap(r.Err); inner != nil {
			t.Errorf("%q: %T, want the bare error", r.Name, r.Err)
		}
	}
	if err := results[1].Err; !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%q: %v", missing, err)
	}
}

// TestOpened: Opened distinguishes errors before and after the file was open.
func TestOpened(t *testing.T) {
	guard(t)
	items := []pipeline.Item{
		{Name: filepath.Join(t.TempDir(), "missing"), Data: false},
		{Name: t.TempDir(), Data: true}, // can be opened but not read
		{Reader: iotest.ErrReader(errors.New("broken")), Data: true},
		{Name: "", Data: false},
	}
	for i, r := range run(t, pipeline.Items(items...), pipeline.Options{}) {
		if r.Err == nil || r.Opened != r.Data {
			t.Errorf("item %d: error %v, opened %v", i, r.Err, r.Opened)
		}
	}
}

// TestItems: every item is delivered once, unchanged.
func TestItems(t *testing.T) {
	guard(t)
	items := []pipeline.Item{
		{Name: filetest.Write(t, []byte("abc")), Data: "abc"},
		{Marker: true, Data: ""},
		{Name: "label", Reader: strings.NewReader("reader"), Barrier: true, Data: "reader"},
	}
	results := run(t, pipeline.Items(items...), pipeline.Options{})
	if len(results) != len(items) {
		t.Fatalf("%d results, want %d", len(results), len(items))
	}
	for i, r := range results {
		if !reflect.DeepEqual(r.Item, items[i]) {
			t.Errorf("item %d came out as %+v", i, r.Item)
		}
		if !r.Marker {
			checkDigest(t, r, []byte(r.Data.(string)))
		}
	}
	run(t, pipeline.Items(), pipeline.Options{})
}

// TestReaderErrors makes readers fail after a number of bytes, while the pool holds
// pieces of them.
func TestReaderErrors(t *testing.T) {
	guard(t)
	broken := errors.New("broken")
	var items []pipeline.Item
	for _, n := range []int{0, 1, buffer - 1, buffer, buffer + 1, 3 * buffer, 20 * buffer, 20*buffer + 1} {
		items = append(items,
			pipeline.Item{Reader: io.MultiReader(bytes.NewReader(make([]byte, n)), iotest.ErrReader(broken)), Data: broken},
			pipeline.Item{Reader: bytes.NewReader(make([]byte, n)), Data: n})
	}
	for _, r := range run(t, list(items...), pipeline.Options{Workers: 2}) {
		if r.Data != broken {
			checkDigest(t, r, make([]byte, r.Data.(int)))
		} else if r.Err != broken || r.Digest != nil {
			t.Errorf("got %x, %v, want %v", r.Digest, r.Err, broken)
		}
	}
}

// TestSourceError: earlier items are delivered, Run returns the source's error, and the
// source is not called again.
func TestSourceError(t *testing.T) {
	guard(t)
	broken := errors.New("broken")
	for _, before := range []int{0, 1, 50, 500} {
		asked := 0
		src := source(func(context.Context, pipeline.RunControl) (pipeline.Item, error) {
			if asked++; asked <= before {
				return pipeline.Item{Reader: strings.NewReader("abc")}, nil
			}
			return pipeline.Item{Name: "not an item"}, broken
		})
		var k keeper
		if err := start(context.Background(), src, &k, pipeline.Options{}); err != broken {
			t.Errorf("after %d items: Run = %v, want %v", before, err, broken)
		}
		if len(k.results) != before || k.flushed != before {
			t.Errorf("after %d items: %d results, %d flushed", before, len(k.results), k.flushed)
		}
		for _, r := range k.results {
			checkDigest(t, r, []byte("abc"))
		}
		if asked != before+1 {
			t.Errorf("after %d items: asked %d times", before, asked)
		}
	}
}

// TestSinkError: Run returns the sink's error and doesn't call the sink again.
func TestSinkError(t *testing.T) {
	broken := errors.New("broken")
	for _, method := range []string{"Result", "Flush"} {
		for _, after := range []int{1, 2, 100} {
			t.Run(fmt.Sprintf("%s/%d", method, after), func(t *testing.T) {
				guard(t)
				calls, failed := 0, false
				fail := func(here string) error {
					if failed {
						t.Errorf("%s was called after an error", here)
					}
					if here != method {
						return nil
					}
					if calls++; calls == after {
						failed = true
						return broken
					}
					return nil
				}
				sink := &keeper{
					onResult: func(*pipeline.Result) error { return fail("Result") },
					onFlush:  func() error { return fail("Flush") },
				}
				// An endless source of files of any size.
				src := source(func(context.Context, pipeline.RunControl) (pipeline.Item, error) {
					return pipeline.Item{Reader: io.LimitReader(zeroes{}, rand.Int64N(4*buffer)), Barrier: method == "Flush"}, nil
				})
				if err := start(context.Background(), src, sink, pipeline.Options{}); err != broken {
					t.Errorf("Run = %v, want %v", err, broken)
				}
			})
		}
	}
}

// zeroes is an endless reader that costs no time.
type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { return len(p), nil }

// TestSourceThatWaits: while the source waits for its next item, the earlier ones are
// read, delivered and written. The source acts like a coprocess that sends a few
// requests and waits for the answers before it sends more.
func TestSourceThatWaits(t *testing.T) {
	guard(t)
	for _, together := range []int{1, 3, 100} {
		answered := make(chan int, 1000)
		asked, heard := 0, 0
		src := source(func(context.Context, pipeline.RunControl) (pipeline.Item, error) {
			if asked == 500 {
				return pipeline.Item{}, io.EOF
			}
			for asked-heard >= together {
				heard = <-answered
			}
			asked++
			return pipeline.Item{Reader: strings.NewReader("abc")}, nil
		})
		var k keeper
		k.onFlush = func() error { answered <- k.flushed; return nil }
		if err := start(context.Background(), src, &k, pipeline.Options{}); err != nil {
			t.Error(err)
		}
		if len(k.results) != 500 {
			t.Errorf("%d results, want 500", len(k.results))
		}
	}
}

// TestRunControl: a source learns that its items were written, and before that, that
// none of them is a barrier that isn't over.
func TestRunControl(t *testing.T) {
	guard(t)
	var k keeper
	var flushed atomic.Int64
	k.onFlush = func() error { flushed.Store(int64(k.flushed)); return nil }
	blocked := make(chan struct{})
	i := -1
	src := source(func(_ context.Context, control pipeline.RunControl) (pipeline.Item, error) {
		switch i++; i {
		case 0:
			return pipeline.Item{Reader: readerFunc(func([]byte) (int, error) { <-blocked; return 0, io.EOF })}, nil
		case 1:
			if !control.AwaitOpenable() { // while the first is still being read
				t.Error("AwaitOpenable returned false")
			}
			if n := flushed.Load(); n != 0 {
				t.Errorf("%d results were written with the first still being read", n)
			}
			return pipeline.Item{Reader: strings.NewReader("the barrier"), Barrier: true}, nil
		case 2:
			close(blocked)
			if !control.AwaitOpenable() {
				t.Error("AwaitOpenable returned false")
			}
			if n := flushed.Load(); n != 2 { // a barrier is over when it is written
				t.Errorf("AwaitOpenable returned with %d results written, want 2", n)
			}
			return pipeline.Item{Marker: true}, nil
		case 3:
			if !control.AwaitWritten() {
				t.Error("AwaitWritten returned false")
			}
			if n := flushed.Load(); n != 3 {
				t.Errorf("AwaitWritten returned with %d results written, want 3", n)
			}
			fallthrough
		default:
			return pipeline.Item{}, io.EOF
		}
	})
	if err := start(context.Background(), src, &k, pipeline.Options{}); err != nil {
		t.Error(err)
	}
}

// TestSlowHead: behind an item that takes forever the others are read until the window
// is full, and the source is asked for no more items than that.
func TestSlowHead(t *testing.T) {
	onProcessors(t, func(t *testing.T) {
		var (
			k        keeper
			released atomic.Bool
			read     atomic.Int64
			asked    int
		)
		release := make(chan struct{})
		letGo := sync.OnceFunc(func() { released.Store(true); close(release) })
		src := source(func(context.Context, pipeline.RunControl) (pipeline.Item, error) {
			asked++
			switch {
			case asked == 1:
				return pipeline.Item{Reader: readerFunc(func([]byte) (int, error) { <-release; return 0, io.EOF })}, nil
			case asked > pipeline.WindowItems && !released.Load():
				t.Errorf("asked for item %d with the first still being read", asked)
				letGo()
			case asked == 2*pipeline.WindowItems:
				return pipeline.Item{}, io.EOF
			}
			return pipeline.Item{Reader: readerFunc(func([]byte) (int, error) {
				if read.Add(1) == pipeline.WindowItems-1 {
					for range 100 { // give an early call of the source the chance to happen
						runtime.Gosched()
					}
					letGo()
				}
				return 0, io.EOF
			})}, nil
		})
		if err := start(context.Background(), src, &k, pipeline.Options{}); err != nil {
			t.Error(err)
		}
		if want := 2*pipeline.WindowItems - 1; len(k.results) != want {
			t.Errorf("%d results, want %d", len(k.results), want)
		}
	})
}

// TestBarrierReaders: a Reader that is a barrier is read when everything before it is
// written, and nothing after it is read until it is written itself.
func TestBarrierReaders(t *testing.T) {
	onProcessors(t, func(t *testing.T) {
		const items = 2000
		var flushed atomic.Int64
		var open atomic.Int64 // the barrier being read, or 0
		rng := rand.New(rand.NewPCG(3, 3))
		src := count(items, func(i int) pipeline.Item {
			barrier := rng.IntN(20) == 0
			started := false
			return pipeline.Item{Barrier: barrier, Reader: readerFunc(func([]byte) (int, error) {
				if started {
					return 0, io.EOF
				}
				started = true
				if b := open.Load(); b > 0 && flushed.Load() < b {
					t.Errorf("item %d is read while %d is a barrier that isn't written", i, b-1)
				}
				if barrier {
					if n := flushed.Load(); n != int64(i) {
						t.Errorf("barrier %d is read with %d results written", i, n)
					}
					open.Store(int64(i) + 1)
				}
				runtime.Gosched()
				return 1, nil
			})}
		})
		var k keeper
		k.onFlush = func() error { flushed.Store(int64(k.flushed)); return nil }
		if err := start(context.Background(), src, &k, pipeline.Options{}); err != nil {
			t.Error(err)
		}
		if len(k.results) != items {
			t.Errorf("%d results, want %d", len(k.results), items)
		}
	})
}

// TestSinkRunsInTheCaller: the sink is called by the goroutine that called Run.
func TestSinkRunsInTheCaller(t *testing.T) {
	guard(t)
	me := goroutine()
	check := func(method string) {
		if here := goroutine(); here != me {
			t.Errorf("%s runs in %s, Run was called in %s", method, here, me)
		}
	}
	sink := &keeper{
		onResult: func(*pipeline.Result) error { check("Result"); return nil },
		onFlush:  func() error { check("Flush"); return nil },
	}
	src := count(100, func(int) pipeline.Item { return pipeline.Item{Reader: strings.NewReader("")} })
	if err := start(context.Background(), src, sink, pipeline.Options{}); err != nil {
		t.Error(err)
	}
}

// goroutine returns the first two words of the stack: "goroutine 7".
func goroutine() string {
	stack := make([]byte, 64)
	words := strings.Fields(string(stack[:runtime.Stack(stack, false)]))
	return strings.Join(words[:2], " ")
}

// TestRunsSideBySide: concurrent runs share nothing.
func TestRunsSideBySide(t *testing.T) {
	guard(t)
	data := filetest.Random(3*buffer + 5)
	name := filetest.Write(t, data)
	var runs sync.WaitGroup
	for workers := range 5 {
		runs.Go(func() {
			for _, r := range run(t, count(50, func(int) pipeline.Item { return pipeline.Item{Name: name} }), pipeline.Options{Workers: workers}) {
				checkDigest(t, r, data)
			}
		})
	}
	runs.Wait()
}

// TestWorkers: any number of workers is valid.
func TestWorkers(t *testing.T) {
	guard(t)
	data := filetest.Random(2*buffer + 5)
	for _, workers := range []int{-1, 0, 1, 2, 100, 1 << 20, int(^uint(0) >> 1)} {
		results := run(t, count(50, func(int) pipeline.Item { return pipeline.Item{Reader: bytes.NewReader(data)} }), pipeline.Options{Workers: workers})
		if len(results) != 50 {
			t.Errorf("%d workers: %d results", workers, len(results))
		}
		for _, r := range results {
			checkDigest(t, r, data)
		}
	}
}
