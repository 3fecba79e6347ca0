//go:build unix

package descriptor

import "golang.org/x/sys/unix"

// Open is open(2) with O_CLOEXEC, retried on EINTR. It blocks on a FIFO.
func Open(name string, flags int, mode uint32) (fd int, err error) {
	for {
		fd, err = unix.Open(name, flags|unix.O_CLOEXEC, mode)
		if err != unix.EINTR {
			return fd, err
		}
	}
}
