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
	// minReaders is how many files are read at once at the least: storage that
	// isn't in memory wants more of them in flight than there are processors.
	minReaders = 32
	// maxReaders bounds the buffers, at most three for each reader, to 64 MiB.
	maxReaders = 64 << 20 / (minQuota * 3 / 2 * (BufferSize + bufferSlack))
)

// Where descriptors are plenty there are two for each reader.
const _ uint = fdlimit.Plenty - 2*maxReaders

// Run reads every item of src, hashes it and hands the results to sink, in
// order, from the goroutine that called it. It returns the first error of the
// sink or the source, or the context's cause if it was cancelled before the last
// result was out; nil means that every item's result was delivered. A file that
// can't be read is no error of Run's but a result.
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
	// Buffers and readers are for what the workers need, unless told otherwise.
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
	// The source is told of every end of the run, a sink's error included.
	sourceCtx, cancel := context.WithCancelCause(ctx)
	r := &run{
		ctx: sourceCtx,
		// ctx may not have come round to sourceCtx yet when it calls abort.
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

// close ends what the run started, also when the sink panicked or ended its
// goroutine (t.FailNow in a loop over Hash does).
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
	progress *Progress // nil: nobody asks
	cache    digestCache
	breaker  *Breaker // nil: there is none
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

	turns     chan struct{} // nil: files are read whenever a reader comes to them
	noBatches bool          // each file is read by itself: there are no batches
	workers   int
	defaults  []*hasher.Algorithm // of items that ask for none in particular
	singles   singleQueue
	watchdog  watchdog
	arenas    arenaPool
	latency   latencyMeter
	readers   sync.WaitGroup
	aborted   atomic.Bool

	admission sync.Mutex // guards what follows, and the calls of source.Next
	left      Item       // that no reader could take; it comes next
	isLeft    bool
	claimed   int  // items so far
	ended     bool // source has no more

	mu       sync.Mutex // guards what follows
	started  int        // readers
	granted  int        // those of them that may sleep in system calls
	batching int        // those of them that read batches, and are not held up
	kernels  []string   // that hashed batches
}

var errCancelled = errors.New("the run was cancelled")

// abort makes everyone who waits give up, and every reader stop at its next
// buffer.
func (r *run) abort() {
	// The window first: a file that is broken off because of aborted must not
	// come out as a result.
	r.window.abort()
	r.aborted.Store(true)
	r.cancel()
	r.buffers.abort()
}

// read takes the slot's item from its name to its last byte, by itself.
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

// takeTurn waits until one more file may be read, if there is a limit to that, and
// endTurn says that it was.
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

// readOpen reads such a file when it is open.
func (r *run) readOpen(j *fileJob, buf []byte, file *reader.File) {
	j.pending.wanted = j.pending.wanted && filestate.HasNoWriters(file)
	if j.isLarge() {
		j.readLarge(file, buf)
		return
	}
	j.readLoop(file, buf, 0)
}
