//go:build unix

package pipeline

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Sleeper returns a sleep for a hasher.Pool, that of a run or one beside it:
// time.Sleep, but never at the price of the process. The first
// of Go's timers starts the runtime's poller, which takes two descriptors for
// good, and ends the process if it can't have them. Where
// they may be scarce, poll(2) sleeps instead, which holds up a processor for as
// long as the runtime takes to notice. It is called before any file is opened, and
// tells whether they are scarce: then nothing should be opened beside a run's files.
func Sleeper() (sleep func(time.Duration), scarce bool) {
	if timersMayStart() {
		return func(d time.Duration) {
			startTimers()
			time.Sleep(d)
		}, false
	}
	return func(d time.Duration) {
		ms := int((d + time.Millisecond - 1) / time.Millisecond)
		_, _ = unix.Poll(nil, ms) // a signal may end it early, which does no harm
	}, true
}

// timersMayStart reports whether there are, and will be, descriptors to spare:
// the limit is far above what the readers can take, some are free now, of which the
// first readers and walkers may take a few before the poller comes, and no standard
// stream's is: the poller would answer to /dev/stdin.
func timersMayStart() bool {
	const spare = 12
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil || uint64(limit.Cur) < 2*maxReaders {
		return false
	}
	for range spare {
		fd, err := unix.Open("/", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return false
		}
		defer unix.Close(fd)
		if fd <= 2 {
			return false
		}
	}
	return true
}

// startTimers starts the runtime's poller while the lowest descriptors are taken,
// which it would have for good: an operand /dev/fd/3 would mean the poller's.
// From 64 on they are slow to get at, see uring's outOfTheWay, and others open
// files meanwhile.
var startTimers = sync.OnceFunc(func() {
	const away = 40
	fd, err := unix.Open("/", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	taken := []int{fd}
	for fd < away-1 {
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
