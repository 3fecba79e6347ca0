//go:build unix

package pipeline

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// sleep is time.Sleep, but never at the price of the process: the first of Go's
// timers starts the runtime's poller, which takes two descriptors for good and
// ends the process if it can't have them. Where they may be scarce, poll(2)
// sleeps instead, which holds up a processor for as long as the runtime takes to
// notice.
func sleep(d time.Duration) {
	if timersMayStart() {
		time.Sleep(d)
		return
	}
	ms := int((d + time.Millisecond - 1) / time.Millisecond)
	_, _ = unix.Poll(nil, ms) // a signal may end it early, which does no harm
}

// timersMayStart reports whether there are, and will be, descriptors to spare:
// the limit is far above what the readers can take, and a few are free now.
var timersMayStart = sync.OnceValue(func() bool {
	const spare = 4
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil || uint64(limit.Cur) < 2*maxReaders {
		return false
	}
	free := 0
	for range spare {
		if fd, err := unix.Open("/", unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
			defer unix.Close(fd)
			free++
		}
	}
	return free == spare
})
