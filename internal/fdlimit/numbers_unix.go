//go:build unix

package fdlimit

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Descriptor numbers that operands are unlikely to name. They are below 64, since for
// higher numbers the kernel must grow the descriptor table, which takes 5 to 30 ms in a
// process with threads.
const (
	// forPoller is the first number for the two descriptors of the runtime's poller.
	forPoller = 40
	// Away is the first number for others, such as those of sixteen rings.
	Away = 44
)

// MoveAway moves a descriptor to a number from Away on, or a lower one if the limit
// requires it. It always closes fd. It fails if no second descriptor is available,
// because the last one is needed for a file.
func MoveAway(fd int) (away int, err error) {
	defer unix.Close(fd)
	for _, least := range []int{Away, Away / 2, 0} { // the limit may be low
		if away, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, least); err == nil {
			return away, nil
		}
	}
	return -1, err
}

// startTimers starts the runtime's poller, of which a process has one, while the lowest
// descriptors are taken.
var startTimers = sync.OnceFunc(func() {
	fd, err := unix.Open("/", openRoot, 0)
	if err != nil {
		return
	}
	taken := []int{fd}
	for fd < forPoller-1 {
		if fd, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0); err != nil {
			break
		}
		taken = append(taken, fd)
	}
	time.Sleep(time.Nanosecond)
	for _, fd := range taken {
		unix.Close(fd)
	}
})

// pollFor sleeps with poll(2). A signal may end the sleep early, which is harmless.
func pollFor(d time.Duration) {
	ms := int((d + time.Millisecond - 1) / time.Millisecond)
	_, _ = unix.Poll(nil, ms)
}
