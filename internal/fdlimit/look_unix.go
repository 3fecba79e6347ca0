//go:build unix

package fdlimit

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Plenty is far above what the readers of a run can take at a time.
const Plenty = 302

// timersMayStart reports whether there are, and will be, descriptors to spare for the
// runtime's poller: the limit is far away, some are free now, of which the first readers
// and walkers may take a few before the poller comes, and no standard stream's is: the
// poller would answer to /dev/stdin.
func timersMayStart() bool {
	const spare = 12
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil || uint64(limit.Cur) < Plenty {
		return false
	}
	lowest, err := room(spare)
	return err == nil && lowest > 2
}

// Room returns the system's error if there aren't n descriptors just now.
func Room(n int) error {
	_, err := room(n)
	return err
}

// room is Room, and returns the lowest of them. They are opened, not copied: the system
// may have too few open files as well.
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

// Exhausted reports whether an open failed for want of a descriptor, so that it may
// succeed when another file was closed.
func Exhausted(err error) bool { return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) }
