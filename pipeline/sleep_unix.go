//go:build unix

package pipeline

import (
	"time"

	"golang.org/x/sys/unix"
)

// sleep is time.Sleep without Go's timers: the first of those starts the
// runtime's poller, which takes two descriptors for good and ends the process if
// it can't have them. d is rounded up to milliseconds.
func sleep(d time.Duration) {
	ms := int((d + time.Millisecond - 1) / time.Millisecond)
	_, _ = unix.Poll(nil, ms) // a signal may end it early, which does no harm
}
