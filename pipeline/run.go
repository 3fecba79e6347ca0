package pipeline

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/fdlimit"
	"github.com/psha1sum/psha1sum/internal/filestate"
	"github.com/psha1sum/psha1sum/internal/threads"
	"github.com/psha1sum/psha1sum/reader"
)

const (
	// minReaders is the minimum number of files read at once. Storage that isn't in memory
	// wants more of them in flight than there are processors.
	minReaders = 32
	// maxReaders limits the buffers, at most three per reader, to 64 MiB.
	maxReaders = 64 << 20 / (minQuota * 3 / 2 * (BufferSize + bufferSlack))
)

// Compile-time check: fdlimit.Plenty allows two descriptors per reader.
const _ uint = fdlimit.Plenty - 2*maxReaders

// Run reads every item of src, hashes it and hands the results to sink, in order, from
// the calling goroutine. It returns the first error of the sink or the source, or the
// context's cause if ctx was cancelled before the last result was delivered. It returns
// nil if every item's result was delivered. A file that can't be read is a result, not
// an error of Run.
func Run(ctx context.Context, src Source, sink Sink, opt Options) error {
	workers := opt.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, hasher.MaxWorkers)
	alg := opt.Algorithm
	if alg == nil {
		alg = hasher.SHA1
	}
	// Buffers and readers are sized for the workers, unless opt.Files is set.
	files := min(max(workers*alg.Lanes(), minReaders), maxReaders)
	buffers := minQuota * files
	var turns chan struct{}
	if opt.Files > 0 {
		files = min(opt.Files, maxReaders)
		turns = make(chan struct{}, files)
		buffers = max(buffers, minQuota*files)
	}
	descriptors, budget := opt.Descriptors, opt.Threads
	if descriptors == nil {
		descriptors = &fdlimit.Budget{}
	}
	if budget == nil {
		budget = &threads.Budget{}
	}
	// The source's context ends whenever the run does, also if the sink fails.
	sourceCtx, cancel := context.WithCancelCause(ctx)
	r := &run{
		ctx: sourceCtx,
		// When ctx calls abort, the cancellation may not have reached sourceCtx yet.
		cancel:      func() { cancel(context.Cause(ctx)) },
		source:      src,
		used:        opt.Used,
		progress:    opt.Progress,
		cache:       digestCache{Cache: opt.Cache},
		breaker:     opt.Breaker,
		timing:      opt.timing,
		barriers:    opt.Barriers,
		excluded:    opt.Exclude,
		reserved:    opt.Reserved,
		maxReaders:  files,
		turns:       turns,
		pool:        hasher.NewPool(workers),
		window:      newWindow(),
		descriptors: descriptors,
		threads:     budget,
		io:          ioPolicy{mode: opt.IO, uncached: opt.DropCache, rings: min(workers, maxRings), threads: budget},
		workers:     workers,
		defaults:    []*hasher.Algorithm{alg},
	}
	r.watchdog.run = r
	r.singles.fewer.L = &r.singles.mu
	r.large = cmp.Or(r.large, LargeFile)
	r.stallAfter = cmp.Or(r.stallAfter, stallAfter)
	if r.now == nil {
		r.now = time.Now
	}
	r.control = RunControl{r.window, descriptors, budget}
	budget.Around(descriptors.Acquire, descriptors.Release)
	defer budget.Around(nil, nil)
	r.pool.SetSleep(descriptors.Sleep)
	r.noBatches = descriptors.Low() || turns != nil
	r.buffers = newBufferPool(buffers, r.newJob)
	if r.progress != nil {
		r.progress.window.Store(r.window)
	}
	defer r.close(context.AfterFunc(ctx, r.abort))

	if err := r.io.open(); err != nil {
		return &RingError{err}
	}
	r.breaker.begin(r.abort)
	r.startReader()
	err := r.window.deliver(sink)
	if err == errCancelled && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return err
}

// close ends everything that the run started, also if the sink panicked or ended its
// goroutine (as t.FailNow does in a loop over Hash).
func (r *run) close(stop func() bool) {
	stop()
	r.abort()
	r.closeSingles()
	r.watchdog.close()
	r.readers.Wait()
	r.io.close()
	r.arenas.free()
	r.cache.dirs.Close()
	r.pool.Close()
	r.buffers.close()
	if r.used != nil {
		r.used.Kernels = slices.Concat(r.kernels, r.pool.Used())
		slices.Sort(r.used.Kernels)
		r.used.Kernels = slices.Compact(r.used.Kernels)
		r.used.IO = r.io.used()
		r.used.Resumed = r.resumed.Resumed
	}
}

// A run is one call of Run.
type run struct {
	ctx      context.Context // for the source
	cancel   func()
	source   Source
	control  RunControl // for the source
	used     *Used
	progress *Progress // may be nil
	cache    digestCache
	breaker  *Breaker // may be nil
	resumed  resumed
	timing
	barriers    []reader.ID
	excluded    []reader.ID
	reserved    []reader.ID
	maxReaders  int
	pool        *hasher.Pool
	window      *window
	buffers     *bufferPool
	descriptors *fdlimit.Budget
	threads     *threads.Budget
	io          ioPolicy

	turns     chan struct{} // one element per file being read; nil if Options.Files is 0
	noBatches bool          // every file is read as a single
	workers   int
	defaults  []*hasher.Algorithm // of items without Algorithms
	singles   singleQueue
	watchdog  watchdog
	arenas    arenaPool
	latency   latencyMeter
	readers   sync.WaitGroup
	aborted   atomic.Bool

	admission sync.Mutex // guards what follows, and the calls of source.Next
	left      Item       // put back by collect; it comes next if isLeft
	isLeft    bool
	claimed   int  // items claimed so far
	ended     bool // the source has no more items

	mu       sync.Mutex // guards what follows
	started  int        // readers that exist
	granted  int        // readers that may sleep in system calls
	batching int        // readers that read batches and have not stepped aside
	kernels  []string   // kernels that hashed batches
}

var errCancelled = errors.New("the run was cancelled")

// abort wakes all goroutines that wait, and stops every reader at its next buffer.
func (r *run) abort() {
	// Abort the window first: a file cut short by r.aborted must not be delivered as a
	// result.
	r.window.abort()
	r.aborted.Store(true)
	r.cancel()
	r.buffers.abort()
}

// read reads the slot's item as a single, from looking at it to completing it.
func (r *run) read(s *slot) {
	info, ok := r.awaitTurn(s)
	if !ok {
		return
	}
	if err := r.withheld(info); err != nil {
		s.result.Err, s.result.Excluded = err, info.ID
		r.window.complete(s)
		return
	}
	if !r.readableTwice(&s.result.Item, info) {
		s.result.First = 0
	}
	p, known := r.lookup(s, info)
	if known {
		r.progress.saw(int(p.version.Size))
		r.conclude(s)
		return
	}
	info.Exact = r.io.disks.Has(info.ID.Device)
	r.readSingle(&single{slot: s, info: info, pending: p})
}

// takeTurn waits until one more file may be read, if Options.Files limits that. endTurn
// releases the turn.
func (r *run) takeTurn() {
	if r.turns != nil {
		r.turns <- struct{}{}
	}
}

func (r *run) endTurn() {
	if r.turns != nil {
		<-r.turns
	}
}

// readFile opens and reads the file of a job that has begun.
func (r *run) readFile(j *fileJob, buf []byte, info reader.Info) {
	file, err := r.open(&j.slot.result.Item, info)
	if err != nil {
		j.fail(err, buf)
		return
	}
	r.readOpen(j, buf, &file)
}

// readOpen reads the open file of a job that has begun.
func (r *run) readOpen(j *fileJob, buf []byte, file *reader.File) {
	j.pending.wanted = j.pending.wanted && filestate.HasNoWriters(file)
	if j.isLarge() {
		j.readLarge(file, buf)
		return
	}
	j.readLoop(file, buf, 0)
}
