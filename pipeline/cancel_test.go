package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/pipeline"
)

var errCause = errors.New("had enough")

// TestCancelAtRandom cancels runs over files, readers and markers at random moments: in
// the source, in a read, in the sink, before and after. What was delivered is correct
// and in order, and nothing is left behind.
func TestCancelAtRandom(t *testing.T) {
	rounds := repetitions(20, 40, 100)
	files := tree(t, []int{0, 1, 100, 1000, 2000, 3000, buffer, 3*buffer + 1})
	onProcessors(t, func(t *testing.T) {
		descriptors := len(filetest.Descriptors(t))
		for round := range rounds {
			cancelOnce(t, rand.New(rand.NewPCG(4, uint64(round))), files)
			if n := len(filetest.Descriptors(t)); n != descriptors {
				t.Fatalf("round %d: %d descriptors are open, %d before", round, n, descriptors)
			}
		}
	})
}

// A file is one of the test's files.
type file struct {
	name string
	data []byte
}

func tree(t *testing.T, sizes []int) []file {
	t.Helper()
	dir := t.TempDir()
	var files []file
	for i, n := range sizes {
		f := file{filepath.Join(dir, fmt.Sprint(i)), filetest.Random(n)}
		if err := os.WriteFile(f.name, f.data, 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

func cancelOnce(t *testing.T, rng *rand.Rand, files []file) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	// Every event counts down to the moment.
	var left atomic.Int64
	left.Store(rng.Int64N(300))
	tick := func() {
		if left.Add(-1) == 0 {
			cancel(errCause)
		}
		runtime.Gosched()
	}
	all := rng.IntN(200)
	hang := rng.IntN(3) == 0 // whether some readers end only with the context
	src := count(all, func(i int) pipeline.Item {
		tick()
		switch rng.IntN(6) {
		case 0:
			return pipeline.Item{Data: i, Marker: true}
		case 1:
			return pipeline.Item{Data: i, Barrier: rng.IntN(3) == 0, Reader: limited(rng.IntN(5), func(int, []byte) { tick() })}
		case 2:
			if !hang {
				break
			}
			return pipeline.Item{Data: i, Reader: readerFunc(func([]byte) (int, error) {
				for ctx.Err() == nil {
					tick()
				}
				return 0, ctx.Err()
			})}
		}
		return pipeline.Item{Data: i, Name: files[rng.IntN(len(files))].name}
	})
	next := 0
	sink := &keeper{
		onResult: func(r *pipeline.Result) error {
			tick()
			if r.Data != next {
				t.Errorf("result %d is that of item %v", next, r.Data)
			}
			next++
			for _, f := range files {
				if r.Name == f.name {
					checkDigest(t, *r, f.data)
				}
			}
			return nil
		},
		onFlush: func() error { tick(); return nil },
	}
	err := start(ctx, src, sink, pipeline.Options{Workers: 1 + rng.IntN(3)})
	switch {
	case err == nil && next != all:
		t.Errorf("Run returned nil after %d of %d results", next, all)
	case err != nil && err != errCause:
		t.Errorf("Run = %v, want %v", err, errCause)
	}
}

// TestCancelBefore: a run whose context is already cancelled ends at once.
func TestCancelBefore(t *testing.T) {
	guard(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errCause)
	for range 100 {
		src := source(func(context.Context, pipeline.RunControl) (pipeline.Item, error) {
			return pipeline.Item{Reader: zeroes{}}, nil // neither this Reader nor the items ever end
		})
		if err := start(ctx, src, &keeper{}, pipeline.Options{}); err != errCause {
			t.Errorf("Run = %v, want %v", err, errCause)
		}
	}
}

// TestCancelWhileSourceWaits cancels a run while the source waits for its items to
// become openable, or to be written.
func TestCancelWhileSourceWaits(t *testing.T) {
	for _, test := range []struct {
		name string
		wait func(pipeline.RunControl) bool
		item pipeline.Item
	}{
		{"opened", pipeline.RunControl.AwaitOpenable, pipeline.Item{Barrier: true}},
		{"written", pipeline.RunControl.AwaitWritten, pipeline.Item{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			guard(t)
			ctx, cancel := context.WithCancelCause(context.Background())
			asking, told := make(chan struct{}), make(chan struct{})
			test.item.Reader = readerFunc(func([]byte) (int, error) { // blocks until then
				<-asking
				cancel(errCause)
				<-told
				return 0, io.EOF
			})
			asked := 0
			src := source(func(_ context.Context, control pipeline.RunControl) (pipeline.Item, error) {
				if asked++; asked == 1 {
					return test.item, nil
				}
				close(asking)
				if test.wait(control) {
					t.Error("true, though the item is still being read")
				}
				close(told)
				return pipeline.Item{Reader: zeroes{}}, nil
			})
			if err := start(ctx, src, &keeper{}, pipeline.Options{}); err != errCause {
				t.Errorf("Run = %v, want %v", err, errCause)
			}
			if asked > 2 {
				t.Errorf("the source was asked %d times", asked)
			}
		})
	}
}

// TestCancelASource: the source's context is cancelled, and the error that the source
// then returns is not what Run returns.
func TestCancelASource(t *testing.T) {
	guard(t)
	for range 500 {
		ctx, cancel := context.WithCancelCause(context.Background())
		src := source(func(ctx context.Context, _ pipeline.RunControl) (pipeline.Item, error) {
			<-ctx.Done()
			return pipeline.Item{}, ctx.Err()
		})
		go cancel(errCause)
		if err := start(ctx, src, &keeper{}, pipeline.Options{}); err != errCause {
			t.Fatalf("Run = %v, want %v", err, errCause)
		}
	}
}

// TestCancelWaits: Run does not return before a read that ignores the cancellation has.
func TestCancelWaits(t *testing.T) {
	guard(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	inRead, release := make(chan struct{}), make(chan struct{})
	var readOver atomic.Bool
	go func() {
		<-inRead
		cancel(errCause)
		for range 1000 {
			runtime.Gosched()
		}
		close(release)
	}()
	src := list(pipeline.Item{Reader: readerFunc(func([]byte) (int, error) {
		close(inRead)
		<-release
		readOver.Store(true)
		return 0, io.EOF
	})})
	if err := start(ctx, src, &keeper{}, pipeline.Options{}); err != errCause {
		t.Errorf("Run = %v, want %v", err, errCause)
	}
	if !readOver.Load() {
		t.Error("Run returned while an item was being read")
	}
}

// TestCancelStops: after the cancellation a reader is asked for no further buffer than
// the one being filled.
func TestCancelStops(t *testing.T) {
	guard(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	sink := &keeper{onResult: func(r *pipeline.Result) error {
		t.Errorf("got a result: %v", r.Err)
		return nil
	}}
	src := count(100, func(int) pipeline.Item {
		n := 0
		return pipeline.Item{Reader: readerFunc(func(p []byte) (int, error) {
			if n++; n == 50 {
				cancel(errCause)
			}
			return len(p), nil
		})}
	})
	if err := start(ctx, src, sink, pipeline.Options{}); err != errCause {
		t.Errorf("Run = %v, want %v", err, errCause)
	}
}

// TestCancelATrickle: a reader that returns little data at a time is not called until a
// buffer is full.
func TestCancelATrickle(t *testing.T) {
	guard(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	reads := 0
	src := list(pipeline.Item{Reader: readerFunc(func(p []byte) (int, error) {
		if reads++; reads == 10 {
			cancel(errCause)
		}
		runtime.Gosched()
		return 1, nil
	})})
	if err := start(ctx, src, &keeper{}, pipeline.Options{}); err != errCause {
		t.Errorf("Run = %v, want %v", err, errCause)
	}
	if reads > buffer/2 {
		t.Errorf("read %d times after the cancellation", reads-10)
	}
}
