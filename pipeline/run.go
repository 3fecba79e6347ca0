package pipeline

import (
	"cmp"
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/filestate"
	"github.com/psha1sum/psha1sum/internal/threads"
	"github.com/psha1sum/psha1sum/reader"
)

// Options say how to run. The zero value is a good choice.
type Options struct {
	// Workers is how many goroutines hash; 0 means runtime.GOMAXPROCS(0), as
	// many as this process may use processors.
	Workers int
	// Algorithm is what they compute; nil means SHA-1.
	Algorithm *hasher.Algorithm
	// Barriers are files that are barriers under any name: those that the sink
	// writes to, so that what is read of them is what was written so far.
	Barriers []reader.ID
	// Exclude are files that are left out under any name: the error of such an
	// item is ErrExcluded, and it is not opened. Of files that are Listed the
	// source knows better.
	Exclude []reader.ID
	// Reserved are files that are not read either; of such an item the error is
	// ErrReserved.
	Reserved []reader.ID
	// Files is how many files are read at once at the most; 0 means as many as
	// keep the workers busy, and 32 at least. With 1 they are read one after the
	// other, in order but for second passes.
	Files int
	// IO says how they are read.
	IO IO
	// DropCache has the system forget what it keeps of a file's bytes, behind
	// what was read: reading much then does not push out what others need. It
	// also forgets what was there before.
	DropCache bool
	// Scarce, if not nil, is called first of all if descriptors are so few that
	// none of Go's timers must start: see Sleeper. The runtime starts one by itself
	// when it gives memory back to the system behind a garbage collection, so a
	// program had better not collect then.
	Scarce func()
	// Threads, if not nil, is shared with who else has threads of this process sleep
	// in system calls.
	Threads *threads.Budget
	// Cache, if not nil, remembers digests of regular files from run to run.
	Cache Cache
	// Breaker, if not nil, breaks the run off.
	Breaker *Breaker
	// Progress, if not nil, tells how far the run is.
	Progress *Progress
	// Used, if not nil, is filled in when the run has ended.
	Used *Used

	// Of tests: what time it is, the size of a large file, after how long a call
	// stalls, and whether the next one is to be taken for one that does. Zero is
	// time.Now, LargeFile, stallAfter and never.
	now        func() time.Time
	large      int64
	stallAfter time.Duration
	stallNow   func() bool
}

// Used tells which of several ways to do the same thing were taken. It changes
// nothing about the results.
type Used struct {
	// Kernels hashed: see package hasher's SIMD.md.
	Kernels []string
	// IO tells how files were read: "io_uring", "read" or both.
	IO []string
	// Resumed is what was known of the beginnings of files.
	Resumed Resumed
}

// ErrExcluded says that an item is one of Options.Exclude.
var ErrExcluded = errors.New("the file is left out")

// ErrReserved says that an item is one of Options.Reserved.
var ErrReserved = errors.New("cache file skipped")

const (
	// minReaders is how many files are read at once at the least: storage that
	// isn't in memory wants more of them in flight than there are processors.
	minReaders = 32
	// maxReaders bounds the buffers, at most three for each reader, to 64 MiB.
	maxReaders = 64 << 20 / (minShare * 3 / 2 * (BufferSize + bufferSlack))
)

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
	buffers := minShare * files
	var turns chan struct{}
	if opt.Files > 0 {
		files = min(opt.Files, maxReaders)
		turns = make(chan struct{}, files)
		buffers = max(buffers, minShare*files)
	}
	budget := opt.Threads
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
		memory:      memory{cache: opt.Cache},
		breaker:     opt.Breaker,
		now:         opt.now,
		large:       cmp.Or(opt.large, LargeFile),
		stallAfter:  cmp.Or(opt.stallAfter, stallAfter),
		stallNow:    opt.stallNow,
		barriers:    opt.Barriers,
		excluded:    opt.Exclude,
		reserved:    opt.Reserved,
		algorithm:   alg,
		maxReaders:  files,
		turns:       turns,
		pool:        hasher.NewPool(workers),
		window:      newWindow(),
		descriptors: newDescriptors(),
		threads:     budget,
		ways:        ways{io: opt.IO, uncached: opt.DropCache, rings: min(workers, maxRings), threads: budget},
		workers:     workers,
		usual:       []*hasher.Algorithm{alg},
	}
	r.stalls.run = r
	r.singles.fewer.L = &r.singles.mu
	if r.now == nil {
		r.now = time.Now
	}
	budget.Around(r.descriptors.opened, r.descriptors.closed)
	defer budget.Around(nil, nil)
	sleep, scarce := Sleeper()
	if scarce && opt.Scarce != nil {
		opt.Scarce()
	}
	r.pool.SetSleep(sleep)
	r.settle = sync.OnceFunc(func() { sleep(time.Nanosecond) })
	r.alone = scarce || turns != nil
	r.depot = newDepot(buffers, r.newFeed)
	if r.progress != nil {
		r.progress.window.Store(r.window)
	}
	defer r.close(context.AfterFunc(ctx, r.abort))

	if err := r.ways.open(); err != nil {
		return err
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
	r.stalls.close()
	r.readers.Wait()
	r.ways.close()
	r.arenas.free()
	r.memory.dirs.Close()
	r.pool.Close()
	r.depot.free()
	if r.used != nil {
		r.used.Kernels = slices.Concat(r.kernels, r.pool.Used())
		slices.Sort(r.used.Kernels)
		r.used.Kernels = slices.Compact(r.used.Kernels)
		r.used.IO = r.ways.used()
		r.used.Resumed = r.resumed.Resumed
	}
}

// A run is one call of Run.
type run struct {
	ctx         context.Context // for the source
	cancel      func()
	source      Source
	used        *Used
	progress    *Progress // nil: nobody asks
	memory      memory
	breaker     *Breaker // nil: there is none
	resumed     resumed
	now         func() time.Time // for what is kept once in a while
	large       int64            // the size of files that it is kept of
	stallAfter  time.Duration
	stallNow    func() bool // nil but in tests
	barriers    []reader.ID
	excluded    []reader.ID
	reserved    []reader.ID
	algorithm   *hasher.Algorithm
	maxReaders  int
	pool        *hasher.Pool
	window      *window
	depot       *depot
	descriptors *descriptors
	threads     *threads.Budget
	ways        ways
	settle      func() // to be called before something is opened that a descriptor's number may name

	turns   chan struct{} // nil: files are read whenever a reader comes to them
	alone   bool          // each file is read by itself: there are no batches
	workers int
	usual   []*hasher.Algorithm // of items that ask for none in particular
	singles singles
	stalls  stalls
	arenas  arenas
	pace    pace
	readers sync.WaitGroup
	aborted atomic.Bool

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
	r.depot.abort()
}

// read takes the slot's item from its name to its last byte, by itself. wait is for
// depot.open.
func (r *run) read(s *slot, wait chan loan) {
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
	l, known := r.recall(s, info)
	if known {
		r.progress.saw(int(l.version.Size))
		r.conclude(s)
		return
	}
	info.Exact = r.ways.disks.Has(info.ID.Device)
	r.readSingle(&single{slot: s, info: info, lesson: l}, wait)
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

// readFile opens and reads the file of a feed that has begun.
func (r *run) readFile(f *feed, buf []byte, info reader.Info) {
	file, err := r.open(&f.slot.result.Item, info)
	if err != nil {
		f.fail(err, buf)
		return
	}
	r.readOpen(f, buf, &file)
}

// readOpen reads such a file when it is open.
func (r *run) readOpen(f *feed, buf []byte, file *reader.File) {
	f.lesson.wanted = f.lesson.wanted && filestate.HasNoWriters(file)
	if f.isLarge() {
		f.readLarge(file, buf)
		return
	}
	f.carry(file, buf, 0)
}

// awaitTurn looks at the slot's item and waits until it may be opened. It
// returns false when the run is being cancelled.
func (r *run) awaitTurn(s *slot) (reader.Info, bool) {
	item := &s.result.Item
	for {
		epoch := r.window.now()
		var info reader.Info
		switch {
		case item.Listed:
			info = reader.FromDirent()
		case item.Reader == nil:
			info = r.descriptors.look(item)
		}
		switch r.window.awaitTurn(s, epoch, r.isBarrier(item, info)) {
		case goAhead:
			return info, true
		case giveUp:
			return info, false
		}
	}
}

func (r *run) isBarrier(item *Item, info reader.Info) bool {
	return item.Barrier || info.Kind == reader.Sequential || isOneOf(r.barriers, info)
}

// withheld is the error of a file that is not to be read.
func (r *run) withheld(info reader.Info) error {
	switch {
	case isOneOf(r.excluded, info):
		return ErrExcluded
	case isOneOf(r.reserved, info):
		return ErrReserved
	}
	return nil
}

// isOneOf looks for a file among others by its identity, if that is known: a file
// system may give every file the number 0.
func isOneOf(files []reader.ID, info reader.Info) bool {
	return info.ID.Inode != 0 && slices.Contains(files, info.ID)
}

func (r *run) open(item *Item, info reader.Info) (reader.File, error) {
	if item.Reader != nil {
		return reader.From(&abortable{item.Reader, &r.aborted}), nil
	}
	if info.Kind == reader.Sequential {
		r.settle() // or the first sleep has descriptors for a moment
	}
	f, err := r.descriptors.openFile(item, info)
	if err == nil {
		r.ways.prepare(&f, info)
	}
	return f, err
}

// An abortable is a reader that comes to an end when the run does, however
// little it gives at a time.
type abortable struct {
	io.Reader
	aborted *atomic.Bool
}

func (a *abortable) Read(p []byte) (int, error) {
	if a.aborted.Load() {
		return 0, errCancelled
	}
	return a.Reader.Read(p)
}
