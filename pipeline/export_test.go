package pipeline

import "time"

// SetClock has a run ask this clock when to keep parts of large files. It is asked
// behind each buffer of such a file that was filled, before the pool gets it.
func (o *Options) SetClock(now func() time.Time) { o.timing.now = now }

// SetLarge has files of that size be large.
func (o *Options) SetLarge(size int64) { o.timing.large = size }

// PartEvery is how often a part is kept.
const PartEvery = partEvery

// SetStalls has system calls stall after that time, and be taken for stalled at once if
// now says so. Any number of goroutines call it.
func (o *Options) SetStalls(after time.Duration, now func() bool) {
	o.timing.stallAfter, o.timing.stallNow = after, now
}
