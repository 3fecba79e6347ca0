package pipeline_test

import (
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/psha1sum/psha1sum/pipeline"
)

// atOnce is the minimum number of files read at once, and mostAtOnce the maximum on any
// machine: three buffers for each are less than 64 MiB.
const (
	atOnce     = 32
	mostAtOnce = 64 << 20 / (3 * (buffer + buffer/8))
)

// A ledger records which buffers a run uses, by their addresses: each Read of an item's
// Reader gets one.
type ledger struct {
	mu   sync.Mutex
	seen map[*byte]bool
}

func (l *ledger) note(p []byte) (distinct int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil {
		l.seen = map[*byte]bool{}
	}
	l.seen[&p[0]] = true
	return len(l.seen)
}

func (l *ledger) distinct() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.seen)
}

// limited ends a reader after n calls that fill the buffer.
func limited(n int, each func(call int, p []byte)) io.Reader {
	call := 0
	return readerFunc(func(p []byte) (int, error) {
		if call++; call > n {
			return 0, io.EOF
		}
		each(call, p)
		return len(p), nil
	})
}

// TestBuffersAreBounded reads as many files at once as there are readers, all of them
// faster than they can be hashed.
func TestBuffersAreBounded(t *testing.T) {
	for _, test := range []struct{ workers, readers int }{
		{1, atOnce},
		{2, atOnce},
		{1000, mostAtOnce},
	} {
		t.Run(fmt.Sprintf("workers=%d", test.workers), func(t *testing.T) {
			guard(t)
			var (
				all  ledger
				here atomic.Int64
			)
			everybody := make(chan struct{})
			src := count(2*test.readers, func(i int) pipeline.Item {
				return pipeline.Item{Reader: limited(4, func(call int, p []byte) {
					all.note(p)
					if call == 1 && i < test.readers {
						if here.Add(1) == int64(test.readers) {
							close(everybody)
						}
						<-everybody // until all are being read
					}
				})}
			})
			run(t, src, pipeline.Options{Workers: test.workers})
			// Two for each, and half as many again for files that begin while others still hold
			// the buffers of a larger quota: see bufferPool.
			if n := all.distinct(); n > 3*test.readers || n < test.readers {
				t.Errorf("%d buffers, want no more than three, and one at least, for each of %d readers", n, test.readers)
			}
		})
	}
}

// TestFilesAtOnce: exactly as many files are read at once as there are readers.
func TestFilesAtOnce(t *testing.T) {
	guard(t)
	var here, most atomic.Int64
	var first atomic.Bool
	everybody := make(chan struct{})
	src := count(10*atOnce, func(int) pipeline.Item {
		return pipeline.Item{Reader: limited(1, func(int, []byte) {
			n := here.Add(1)
			for m := most.Load(); m < n && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			if n == atOnce && first.CompareAndSwap(false, true) {
				for range 1000 { // in case one too many is read
					runtime.Gosched()
				}
				close(everybody)
			}
			<-everybody
			here.Add(-1)
		})}
	})
	run(t, src, pipeline.Options{Workers: 2})
	if n := most.Load(); n != atOnce {
		t.Errorf("%d files were read at once, want %d", n, atOnce)
	}
}

// TestALoneFile: a single file is read at most eleven buffers ahead of the pool.
func TestALoneFile(t *testing.T) {
	guard(t)
	var all ledger
	src := list(pipeline.Item{Reader: limited(2000, func(_ int, p []byte) { all.note(p) })})
	run(t, src, pipeline.Options{Workers: 1})
	if n := all.distinct(); n != 12 {
		t.Errorf("%d buffers, want 12", n)
	}
}

// TestSharing: a file that had its maximum of buffers continues with two when all
// readers are busy.
func TestSharing(t *testing.T) {
	guard(t)
	var (
		alone, shared ledger
		others        atomic.Int64
		crowded       int // call after which all others had begun
	)
	ahead, release := make(chan struct{}), make(chan struct{})
	calls := 0
	big := readerFunc(func(p []byte) (int, error) {
		calls++
		switch {
		case others.Load() < atOnce-1:
			if alone.note(p); calls == 1000 {
				close(ahead)
			}
		case crowded == 0:
			crowded = calls // the excess buffers are returned after this call
		case calls <= crowded+100:
			shared.note(p)
		default:
			close(release)
			return 0, io.EOF
		}
		return len(p), nil
	})
	other := readerFunc(func([]byte) (int, error) {
		others.Add(1)
		<-release
		return 0, io.EOF
	})
	src := count(atOnce, func(i int) pipeline.Item {
		if i == 0 {
			return pipeline.Item{Reader: big}
		}
		<-ahead
		return pipeline.Item{Reader: other}
	})
	if got := len(run(t, src, pipeline.Options{Workers: 1})); got != atOnce {
		t.Errorf("%d results, want %d", got, atOnce)
	}
	if a, s := alone.distinct(), shared.distinct(); a <= 2 || a > 12 || s > 2 {
		t.Errorf("%d buffers alone and %d among others, want up to 12 and up to 2", a, s)
	}
}

// TestHungFiles: files that stop in the middle, holding all the buffers they could get,
// delay no other file as long as one reader is left.
func TestHungFiles(t *testing.T) {
	for _, hung := range []int{1, 4, 8, 16, atOnce - 1} {
		t.Run(fmt.Sprint(hung), func(t *testing.T) {
			guard(t)
			var all ledger
			var stopped sync.WaitGroup
			stopped.Add(hung)
			release := make(chan struct{})
			const others = 100
			var read atomic.Int64
			src := count(hung+others, func(i int) pipeline.Item {
				if i < hung {
					return pipeline.Item{Reader: limited(65, func(call int, p []byte) {
						all.note(p)
						if call == 65 {
							stopped.Done()
							<-release
						}
					})}
				}
				if i == hung {
					stopped.Wait()
				}
				return pipeline.Item{Reader: limited(1+i%3, func(call int, p []byte) {
					all.note(p)
					if call == 1 && read.Add(1) == others {
						close(release)
					}
				})}
			})
			if got := len(run(t, src, pipeline.Options{Workers: 1})); got != hung+others {
				t.Errorf("%d results, want %d", got, hung+others)
			}
			if n := all.distinct(); n > 3*atOnce {
				t.Errorf("%d buffers, want no more than three for each of %d readers", n, atOnce)
			}
		})
	}
}

// TestTinyAmongHuge: many tiny files are processed while a few huge ones keep the pool
// busy, and the other way round.
func TestTinyAmongHuge(t *testing.T) {
	onProcessors(t, func(t *testing.T) {
		tiny := repetitions(20_000, 40_000, 100_000)
		var tinyRead, hugeDone atomic.Int64
		enough := make(chan struct{}) // closed when enough tiny ones were read
		huge := readerFunc(func(p []byte) (int, error) {
			select {
			case <-enough:
				hugeDone.Add(1)
				return 0, io.EOF
			default:
				return len(p), nil // as fast as it can be hashed
			}
		})
		src := count(tiny, func(i int) pipeline.Item {
			if i < 3 {
				return pipeline.Item{Reader: huge}
			}
			left := i % 100
			return pipeline.Item{Reader: readerFunc(func(p []byte) (int, error) {
				if n := left; n > 0 {
					left = 0
					return n, nil
				}
				if tinyRead.Add(1) == pipeline.WindowItems-3 {
					close(enough)
				}
				return 0, io.EOF
			})}
		})
		if got := len(run(t, src, pipeline.Options{})); got != tiny {
			t.Errorf("%d results, want %d", got, tiny)
		}
		if n := hugeDone.Load(); n != 3 {
			t.Errorf("%d huge files were read to their ends", n)
		}
	})
}
