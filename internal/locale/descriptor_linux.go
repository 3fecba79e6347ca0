package locale

import "golang.org/x/sys/unix"

// A descriptor is a file that is open. It is no os.File: the first of those
// starts Go's poller, which takes two descriptors more for good and ends the
// process if it can't have them.
type descriptor int

func openFile(path string) (descriptor, error) {
	for {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != unix.EINTR {
			return descriptor(fd), err
		}
	}
}

// ReadAt implements io.ReaderAt, but for a shortage of bytes without an error:
// callers here look at n alone.
func (d descriptor) ReadAt(p []byte, offset int64) (n int, err error) {
	for n < len(p) {
		m, err := unix.Pread(int(d), p[n:], offset+int64(n))
		if err == unix.EINTR {
			continue
		}
		if err != nil || m == 0 {
			return n, err
		}
		n += m
	}
	return n, nil
}

func (d descriptor) close() { _ = unix.Close(int(d)) }
