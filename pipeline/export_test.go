package pipeline

import "time"

// SetClock sets the clock that tells a run when to keep parts of large files. It is
// called after each filled buffer of such a file, before the pool gets the buffer.
func (o *Options) SetClock(now func() time.Time) { o.timing.now = now }

// SetLarge sets the size in bytes from which files are large.
func (o *Options) SetLarge(size int64) { o.timing.large = size }

// PartEvery is how often a part is kept.
const PartEvery = partEvery

// SetStalls sets how long a system call takes until it counts as hung. If now returns
// true the next call counts as hung at once. now is called concurrently.
func (o *Options) SetStalls(after time.Duration, now func() bool) {
	o.timing.stallAfter, o.timing.stallNow = after, now
}
