package pipeline

import (
	"sync"
	"sync/atomic"
	"time"
)

// A latencyMeter detects whether files have to be waited for, because they are on a
// disk and not in memory. If so, more readers take fewer files each, so that more files
// are in flight. A ring keeps many in flight anyway.
type latencyMeter struct {
	slow atomic.Bool

	mu     sync.Mutex
	files  int           // since the last evaluation
	took   time.Duration // time to look at them and to read(2) them
	sleeps int64         // of the process, at that evaluation
}

const (
	// quick is the most time that a file in memory takes. On an overloaded machine it
	// takes longer, but the process doesn't sleep for it.
	quick = 100 * time.Microsecond
	// slowFiles is the number of files in a batch if files are slow.
	slowFiles = 4
)

// observe records how long the files of a batch took.
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

// batchFiles returns how many files a batch is to have.
func (m *latencyMeter) batchFiles() int {
	if m.slow.Load() {
		return slowFiles
	}
	return batchFiles
}

// readers returns how many goroutines may read batches: workers, which keep the
// processors busy, or most if files are slow.
func (m *latencyMeter) readers(workers, most int) int {
	if m.slow.Load() {
		return most
	}
	return workers
}
