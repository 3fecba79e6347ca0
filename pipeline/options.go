package pipeline

import (
	"errors"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/fdlimit"
	"github.com/psha1sum/psha1sum/internal/threads"
	"github.com/psha1sum/psha1sum/reader"
)

// Options configures a run. The zero value is a good default. Run doesn't modify it.
// What it points to belongs to the caller and must not change until the run has ended.
type Options struct {
	// Algorithm computes the digest of items without Algorithms; nil means hasher.SHA1.
	Algorithm *hasher.Algorithm
	// Workers is the number of goroutines that hash; 0 means runtime.GOMAXPROCS(0).
	Workers int
	// Files is how many files are read at a time, at most 151. 0 means as many as keep the
	// workers busy, and at least 32. With 1, files are read one after the other, in order
	// except for second passes. Any value but 0 disables batches.
	Files int
	// IO selects how regular files are read. With RingIO, Run fails if the system supports
	// no rings.
	IO IO
	// DropCache drops a file from the page cache as it is read, including what was cached
	// before. Reading much data then doesn't evict what other processes need.
	DropCache bool

	// Barriers are files that are barriers under any name. They are meant for the files
	// that the sink writes to, so that reading one yields everything written so far.
	Barriers []reader.ID
	// Exclude are files that are not opened, under any name. The error of such an item is
	// ErrExcluded. Listed items are not compared: their source knows what it lists.
	Exclude []reader.ID
	// Reserved is like Exclude, but the error is ErrReserved.
	Reserved []reader.ID

	// Cache, if not nil, remembers digests of regular files across runs.
	Cache Cache
	// Breaker, if not nil, can stop the run early. It must not be used for another run.
	Breaker *Breaker
	// Progress, if not nil, reports how far the run has come. It must not be used for
	// another run.
	Progress *Progress
	// Used, if not nil, is filled in before Run returns.
	Used *Used

	// Descriptors, if not nil, is shared with everything else in this process that opens
	// files, and Threads with everything else that sleeps in system calls. If nil, the run
	// has a budget of its own.
	Descriptors *fdlimit.Budget
	Threads     *threads.Budget

	timing timing
}

// A timing holds the times and sizes that control a run's occasional work. Tests change
// it.
type timing struct {
	now        func() time.Time // for parts of large files; nil means time.Now
	large      int64            // size in bytes of such a file; 0 means LargeFile
	stallAfter time.Duration    // see batch; 0 means the constant stallAfter
	stallNow   func() bool      // whether to treat the next call as hung; nil means never
}

// Used records which implementations a run used. They don't affect the results.
type Used struct {
	// Kernels are the names of the kernels that hashed, in alphabetical order: see package
	// hasher's SIMD.md.
	Kernels []string
	// IO lists how regular files were read: "io_uring", "read" or both.
	IO []string
	// Resumed counts the files that were not read from their beginning.
	Resumed Resumed
}

// ErrExcluded is the error of an item that names one of Options.Exclude.
var ErrExcluded = errors.New("the file is left out")

// ErrReserved is the error of an item that names one of Options.Reserved.
var ErrReserved = errors.New("cache file skipped")
