package pipeline

import (
	"sync"
	"sync/atomic"
	"time"
)

// A latencyMeter tells whether files have to be waited for, because they are on a disk and not
// in memory. Then more readers with fewer files each are to have a part in it: so many
// are waited for at a time. A ring waits for many anyhow.
type latencyMeter struct {
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

// observe takes note of how long the files of a batch took.
func (m *latencyMeter) observe(took time.Duration, files int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files += files
	m.took += took
	if m.files < batchFiles {
		return
	}
	sleeps := countSleeps()
	slept := sleeps < 0 || sleeps-m.sleeps >= int64(m.files)/2
	m.slow.Store(slept && m.took > time.Duration(m.files)*quick)
	m.files, m.took, m.sleeps = 0, 0, sleeps
}

// batchFiles is how many files a batch is to have.
func (m *latencyMeter) batchFiles() int {
	if m.slow.Load() {
		return slowFiles
	}
	return batchFiles
}

// readers is how many of most may read batches, if workers keep the processors busy.
func (m *latencyMeter) readers(workers, most int) int {
	if m.slow.Load() {
		return most
	}
	return workers
}
