package locale

import "golang.org/x/sys/unix"

// A descriptor is an open file. It is not an os.File, because the first of those starts
// Go's poller, which takes two more descriptors permanently and crashes the process if
// there are none.
type descriptor int

func openFile(path string) (descriptor, error) {
	for {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != unix.EINTR {
			return descriptor(fd), err
		}
	}
}

// ReadAt is like io.ReaderAt's, but may return fewer bytes without an error: callers
// check n only.
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
