//go:build unix

package fdlimit

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Plenty is far more than the readers of a run can use at a time.
const Plenty = 302

// timersMayStart reports whether there are descriptors to spare for the runtime's poller.
// The limit must be high and some must be free now, because the first readers and walkers
// may take a few before the poller starts. None of the standard streams may be among
// them: the poller would become /dev/stdin.
func timersMayStart() bool {
	const spare = 12
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil || uint64(limit.Cur) < Plenty {
		return false
	}
	lowest, err := room(spare)
	return err == nil && lowest > 2
}

// Room returns the system's error if fewer than n descriptors are available now.
func Room(n int) error {
	_, err := room(n)
	return err
}

// room implements Room and returns the lowest of the descriptors. It opens files instead
// of duplicating a descriptor, because the system's limit of open files counts as well.
func room(n int) (lowest int, err error) {
	for i := range n {
		fd, err := unix.Open("/", openRoot, 0)
		if err != nil {
			return lowest, err
		}
		defer unix.Close(fd)
		if i == 0 {
			lowest = fd
		}
	}
	return lowest, nil
}

// Exhausted reports whether an open failed for lack of a descriptor and may succeed after
// another file is closed.
func Exhausted(err error) bool { return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) }
