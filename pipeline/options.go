package pipeline

import (
	"errors"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/fdlimit"
	"github.com/psha1sum/psha1sum/internal/threads"
	"github.com/psha1sum/psha1sum/reader"
)

// Options say how a run works. The zero value is a good choice. A run changes none of
// them, and what they point to is the caller's, but must stay as it is until the run has
// ended.
type Options struct {
	// Algorithm computes the digest of items that ask for no Algorithms; nil means
	// hasher.SHA1.
	Algorithm *hasher.Algorithm
	// Workers is how many goroutines hash at a time; 0 means runtime.GOMAXPROCS(0).
	Workers int
	// Files is how many files are read at a time, 151 at the most. 0 means as many as
	// keep the workers busy, and 32 at least. With 1 they are read one after the
	// other, in order but for second passes; with any, there are no batches.
	Files int
	// IO says how regular files are read. With RingIO Run fails if the system has no
	// ring.
	IO IO
	// DropCache has the system forget what it keeps of a file's bytes behind what was
	// read, and what it kept before: reading much does not push out then what others
	// need.
	DropCache bool

	// Barriers are files that are barriers under any name: those that the sink
	// writes to, so that what is read of them is what was written so far.
	Barriers []reader.ID
	// Exclude are files that are not opened, under any name: such an item's error is
	// ErrExcluded. Files that are Listed are not compared: their source knows what it
	// lists.
	Exclude []reader.ID
	// Reserved are the same, but the error is ErrReserved.
	Reserved []reader.ID

	// Cache, if not nil, remembers digests of regular files from run to run.
	Cache Cache
	// Breaker, if not nil, can break the run off. It is for one run.
	Breaker *Breaker
	// Progress, if not nil, tells how far the run is, while it goes on. It is for one
	// run.
	Progress *Progress
	// Used, if not nil, is filled in when the run has ended.
	Used *Used

	// Descriptors, if not nil, is shared with whatever else opens files in this process,
	// and Threads with whatever else sleeps in system calls. If they are nil, the run
	// is taken to be alone.
	Descriptors *fdlimit.Budget
	Threads     *threads.Budget

	timing timing
}

// A timing is when a run does what it does once in a while. Tests change it.
type timing struct {
	now        func() time.Time // for parts of large files; nil: time.Now
	large      int64            // bytes of such a file; 0: LargeFile
	stallAfter time.Duration    // see batch; 0: stallAfter
	stallNow   func() bool      // is the next call taken for one that hangs? nil: never
}

// Used tells which of several ways to do the same thing were taken. It changes
// nothing about the results.
type Used struct {
	// Kernels hashed, in alphabetical order: see package hasher's SIMD.md.
	Kernels []string
	// IO tells how regular files were read: "io_uring", "read" or both.
	IO []string
	// Resumed is what was known of the beginnings of files.
	Resumed Resumed
}

// ErrExcluded is a result's error if the item is one of Options.Exclude.
var ErrExcluded = errors.New("the file is left out")

// ErrReserved is that of one of Options.Reserved.
var ErrReserved = errors.New("cache file skipped")
