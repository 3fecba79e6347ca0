//go:build unix

package descriptor

import "golang.org/x/sys/unix"

// Open is open(2) of a descriptor that no program inherits, which for a FIFO waits.
func Open(name string, flags int, mode uint32) (fd int, err error) {
	for {
		fd, err = unix.Open(name, flags|unix.O_CLOEXEC, mode)
		if err != unix.EINTR {
			return fd, err
		}
	}
}
