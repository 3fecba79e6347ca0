package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/internal/fusetest"
	"github.com/psha1sum/psha1sum/pipeline"
	"golang.org/x/sys/unix"
)

// allWays are the ways in which batches are read.
func allWays(t testing.TB) []pipeline.IO { return append(ringWays(t), pipeline.ReadIO) }

// oneIn returns a function that is true once in n calls on average, at random.
func oneIn(n int) func() bool { return func() bool { return rand.IntN(n) == 0 } }

// TestTakenOver makes batches be taken over constantly. Among the small files are large
// ones, FIFOs, errors, readers, second passes and files that are in the run's cache.
func TestTakenOver(t *testing.T) {
	items := repetitions(1000, 1500, 4000)
	files := tree(t, []int{0, 1, 100, 1000, 4096, 20_000, buffer - 1, buffer + buffer/8 - 1, buffer + buffer/8, 3*buffer + 1})
	files = append(files, wrongSize()...)
	dir := t.TempDir()
	onProcessors(t, func(t *testing.T) {
		for _, way := range allWays(t) {
			for _, cached := range []bool{false, true} {
				rng := rand.New(rand.NewPCG(uint64(way), uint64(len(files))))
				opt := pipeline.Options{IO: way}
				opt.SetStalls(1, oneIn(1+rng.IntN(4)))
				if cached {
					opt.Cache = &notebook{}
				}
				asked := make([]*file, 0, items)
				var fifos sync.WaitGroup
				src := count(items, func(i int) pipeline.Item {
					f := &files[rng.IntN(6)]
					item := pipeline.Item{Data: i}
					switch rng.IntN(40) {
					case 0:
						f, item.Name = nil, "/missing/file"
					case 1:
						f, item.Name = nil, dir
					case 2:
						f = &files[rng.IntN(len(files))]
					case 3:
						f = &file{data: filetest.Random(rng.IntN(3000))}
						item.Reader = bytes.NewReader(f.data)
					case 4:
						item.Barrier = true
					case 5:
						item.Algorithms, item.First, item.Enough = three, 1, no
					case 6:
						if rng.IntN(10) == 0 {
							name := filetest.MakeFIFO(t, filepath.Join(t.TempDir(), "fifo"))
							f = &file{name, []byte("FIFO")}
							fifos.Go(func() { produce(t, name, "FIFO", yield) })
						}
					}
					if f != nil && item.Reader == nil {
						item.Name = f.name
					}
					asked = append(asked, f)
					return item
				})
				results := run(t, src, opt)
				fifos.Wait()
				if len(results) != items {
					t.Fatalf("%d results, want %d", len(results), items)
				}
				for i, r := range results {
					switch f := asked[i]; {
					case r.Data != i:
						t.Fatalf("result %d is that of item %v", i, r.Data)
					case f == nil:
						if r.Err == nil {
							t.Errorf("%s: no error", r.Name)
						}
					case r.Algorithms != nil:
						wantDigests(t, &r, f.data, len(r.Digests))
						if len(r.Digests) != 3 {
							t.Errorf("%s: %d digests", r.Name, len(r.Digests))
						}
					default:
						checkDigest(t, r, f.data)
					}
				}
			}
		}
	})
}

// TestTakenOverAndCancelled cancels such runs at random moments.
func TestTakenOverAndCancelled(t *testing.T) {
	rounds := repetitions(15, 15, 100)
	files := append(tree(t, []int{0, 100, 1000, 20_000, 3 * buffer}), wrongSize()...)
	guard(t)
	descriptors := len(filetest.Descriptors(t))
	for _, way := range allWays(t) {
		for round := range rounds {
			rng := rand.New(rand.NewPCG(9, uint64(round)))
			var left atomic.Int64
			left.Store(rng.Int64N(1500))
			ctx, cancel := context.WithCancelCause(context.Background())
			tick := func() {
				if left.Add(-1) == 0 {
					cancel(errCause)
				}
			}
			opt := pipeline.Options{IO: way}
			opt.SetStalls(1, oneIn(1+rng.IntN(4)))
			next := 0
			sink := &keeper{onResult: func(r *pipeline.Result) error {
				tick()
				if r.Data != next {
					t.Errorf("result %d is that of item %v", next, r.Data)
				}
				next++
				checkDigest(t, *r, files[slices.IndexFunc(files, func(f file) bool { return f.name == r.Name })].data)
				return nil
			}}
			src := count(800, func(i int) pipeline.Item {
				tick()
				f := 1 + rng.IntN(3)
				if rng.IntN(20) == 0 {
					f = rng.IntN(len(files))
				}
				return pipeline.Item{Data: i, Name: files[f].name}
			})
			if err := pipeline.Run(ctx, src, sink, opt); err != errCause && (err != nil || next != 800) {
				t.Errorf("Run = %v after %d results", err, next)
			}
			cancel(nil)
			if n := len(filetest.Descriptors(t)); n != descriptors {
				t.Fatalf("round %d: %d descriptors are open, %d before", round, n, descriptors)
			}
		}
	}
}

// stuckFiles are files of a FUSE file system that hang in one of the calls.
type stuckFiles struct {
	release func()        // releases all of them
	asked   chan struct{} // sent to by each call that hangs
	names   []string
	data    []byte
}

// stick mounts n files that hang in stat, open or read until they are released.
func stick(t *testing.T, n int, where string) *stuckFiles {
	t.Helper()
	stuck := &stuckFiles{asked: make(chan struct{}, 100_000), data: filetest.Random(5000)}
	free := make(chan struct{})
	stuck.release = sync.OnceFunc(func() { close(free) })
	hook := func(r *fusetest.Request) syscall.Errno {
		stuck.asked <- struct{}{}
		return fusetest.UntilClosed(free)(r)
	}
	dir := t.TempDir()
	files := map[string]*fusetest.File{}
	for i := range n {
		f := &fusetest.File{Content: stuck.data}
		switch where {
		case "stat":
			f.OnStat = hook
		case "open":
			f.OnOpen = hook
		case "read":
			f.OnRead = hook
		}
		files[fmt.Sprint(i)] = f
		stuck.names = append(stuck.names, filepath.Join(dir, fmt.Sprint(i)))
	}
	fusetest.Mount(t, dir, files)
	t.Cleanup(stuck.release)
	return stuck
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestStalls makes files hang among thousands of small ones, in every call. Everything
// before the first is delivered. What is behind it is read as far as allowed: behind a
// file that can't be looked at nothing is opened. When the files are released all
// results are correct.
func TestStalls(t *testing.T) {
	const all, before = 5000, 1000
	small := tree(t, []int{1, 100, 1000, 5000, 20_000})
	for _, way := range allWays(t) {
		for _, where := range []string{"stat", "open", "read"} {
			for _, n := range []int{3, 20, 100} {
				if n > 3 && (way != pipeline.ReadIO || testing.Short()) {
					continue // this makes no difference there
				}
				t.Run(fmt.Sprintf("way=%d/%s/%d", way, where, n), func(t *testing.T) {
					guard(t)
					stuck := stick(t, n, where)
					rng := rand.New(rand.NewPCG(uint64(n), 1))
					hang := map[int]int{before: 0}
					for i := 1; i < n; i++ {
						at := before + rng.IntN(all-before)
						for _, taken := hang[at]; taken; _, taken = hang[at] {
							at = before + rng.IntN(all-before)
						}
						if hang[at] = i; n == 3 {
							delete(hang, at) // neighbours
							hang[before+i] = i
						}
					}
					data := func(i int) file {
						if h, ok := hang[i]; ok {
							return file{stuck.names[h], stuck.data}
						}
						return small[i%len(small)]
					}
					var p pipeline.Progress
					sink := newWritten()
					ended := make(chan error, 1)
					go func() {
						src := count(all, func(i int) pipeline.Item { return pipeline.Item{Name: data(i).name, Data: i} })
						ended <- pipeline.Run(context.Background(), src, sink, pipeline.Options{IO: way, Progress: &p})
					}()
					<-stuck.asked
					eventually(t, "what comes before is written", func() bool { return sink.now() == before })
					if where != "stat" && n <= 20 {
						eventually(t, "all others are done", func() bool { return p.Now().Files == int64(all-n) })
					}
					for range 100 {
						runtime.Gosched()
					}
					if written := sink.now(); written != before {
						t.Errorf("%d results were written, want %d", written, before)
					}
					stuck.release()
					if err := <-ended; err != nil {
						t.Error(err)
					}
					var bytes int64
					for i, r := range sink.results {
						if r.Data != i {
							t.Fatalf("result %d is that of item %v", i, r.Data)
						}
						checkDigest(t, r, data(i).data)
						bytes += int64(len(data(i).data))
					}
					if got := p.Now(); got.Bytes != bytes || got.Files != all || len(sink.results) != all {
						t.Errorf("%d results, %+v, want %d bytes", len(sink.results), got, bytes)
					}
				})
			}
		}
	}
}

// TestStallsOfLeases: a process holds a lease on a file, and opening the file waits for
// it.
func TestStallsOfLeases(t *testing.T) {
	const all, before = 2000, 500
	guard(t)
	for _, way := range allWays(t) {
		small, leased := tree(t, []int{10, 1000, 5000}), tree(t, []int{777})[0]
		// An open by the lease holder's own process waits for the lease as well.
		fd, err := unix.Open(leased.name, unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		closed := sync.OnceFunc(func() { unix.Close(fd) })
		defer closed()
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
			t.Log("no lease:", err)
			return
		}
		data := func(i int) file {
			if i == before {
				return leased
			}
			return small[i%len(small)]
		}
		var p pipeline.Progress
		sink := newWritten()
		ended := make(chan error, 1)
		go func() {
			src := count(all, func(i int) pipeline.Item { return pipeline.Item{Name: data(i).name} })
			ended <- pipeline.Run(context.Background(), src, sink, pipeline.Options{IO: way, Progress: &p})
		}()
		eventually(t, "all others are done", func() bool { return p.Now().Files >= all-1 })
		eventually(t, "what comes before is written", func() bool { return sink.now() >= before })
		if written := sink.now(); written != before {
			t.Errorf("%d results were written, want %d", written, before)
		}
		closed()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if len(sink.results) != all {
			t.Errorf("%d results, want %d", len(sink.results), all)
		}
		for i, r := range sink.results {
			checkDigest(t, r, data(i).data)
		}
	}
}

// TestStallsAndCancelled: a run that is cancelled while files hang ends when they are
// released.
func TestStallsAndCancelled(t *testing.T) {
	small := tree(t, []int{1, 100, 5000})
	for _, where := range []string{"stat", "open", "read"} {
		t.Run(where, func(t *testing.T) {
			guard(t)
			stuck := stick(t, 5, where)
			ctx, cancel := context.WithCancelCause(context.Background())
			var k keeper
			ended := make(chan error, 1)
			go func() {
				src := count(5000, func(i int) pipeline.Item {
					if i%200 == 199 && i < 1000 {
						return pipeline.Item{Name: stuck.names[i/200]}
					}
					return pipeline.Item{Name: small[i%3].name}
				})
				ended <- pipeline.Run(ctx, src, &k, pipeline.Options{})
			}()
			<-stuck.asked
			cancel(errCause)
			stuck.release()
			if err := <-ended; err != errCause {
				t.Errorf("Run = %v, want %v", err, errCause)
			}
			for i, r := range k.results {
				if i%200 != 199 {
					checkDigest(t, r, small[i%3].data)
				}
			}
		})
	}
}
