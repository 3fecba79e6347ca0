//go:build unix

package fdlimit

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// The numbers that nobody means who names a descriptor of the process. From 64 on the
// kernel's table of descriptors would have to grow, for which a process with threads
// waits, 5 to 30 ms.
const (
	// forPoller is where those of the runtime's poller begin, of which it has two.
	forPoller = 40
	// Away is where others begin, such as those of sixteen rings.
	Away = 44
)

// MoveAway gives a descriptor a number from Away on, if the limit allows it. It fails,
// and closes the descriptor, if there is no other to be had: the last one is for a file.
func MoveAway(fd int) (away int, err error) {
	defer unix.Close(fd)
	for _, least := range []int{Away, Away / 2, 0} { // there may be a low limit
		if away, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, least); err == nil {
			return away, nil
		}
	}
	return -1, err
}

// startTimers starts the runtime's poller while the lowest descriptors are taken. It is
// the process that has one, so it is started once.
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

// pollFor sleeps by poll(2). A signal may end that early, which does no harm.
func pollFor(d time.Duration) {
	ms := int((d + time.Millisecond - 1) / time.Millisecond)
	_, _ = unix.Poll(nil, ms)
}
