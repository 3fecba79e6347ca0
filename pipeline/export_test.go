package pipeline

import "time"

// SetClock has a run ask this clock when to keep parts of large files. It is asked
// behind each buffer of such a file that was filled, before the pool gets it.
func (o *Options) SetClock(now func() time.Time) { o.now = now }

// SetLarge has files of that size be large.
func (o *Options) SetLarge(size int64) { o.large = size }

// PartEvery is how often a part is kept.
const PartEvery = partEvery

// SetStallAfter has a system call stall after that time.
func (o *Options) SetStallAfter(after time.Duration) { o.stallAfter = after }
