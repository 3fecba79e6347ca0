package pipeline

import (
	"sync"
	"sync/atomic"
	"time"
)

// A pace tells whether files have to be waited for, because they are on a disk and not
// in memory. Then more readers with fewer files each are to have a part in it: so many
// are waited for at a time. A ring waits for many anyhow.
type pace struct {
	slow atomic.Bool

	mu     sync.Mutex
	files  int           // since the last look at it
	took   time.Duration // to look at them, and to read them by read(2)
	sleeps int64         // of the process, at that look
}

const (
	// quick is how long a file in memory takes at the most. On a machine with too
	// much to do it takes longer, but the process doesn't sleep for it.
	quick = 100 * time.Microsecond
	// slowFiles is how many files a batch has if files are slow.
	slowFiles = 4
)

// saw takes note of how long the files of a batch took.
func (p *pace) saw(took time.Duration, files int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files += files
	p.took += took
	if p.files < batchFiles {
		return
	}
	sleeps := countSleeps()
	slept := sleeps < 0 || sleeps-p.sleeps >= int64(p.files)/2
	p.slow.Store(slept && p.took > time.Duration(p.files)*quick)
	p.files, p.took, p.sleeps = 0, 0, sleeps
}

// batchFiles is how many files a batch is to have.
func (p *pace) batchFiles() int {
	if p.slow.Load() {
		return slowFiles
	}
	return batchFiles
}

// readers is how many of most may read batches, if workers keep the processors busy.
func (p *pace) readers(workers, most int) int {
	if p.slow.Load() {
		return most
	}
	return workers
}
