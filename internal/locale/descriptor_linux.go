package locale

import (
	"github.com/psha1sum/psha1sum/internal/descriptor"
	"golang.org/x/sys/unix"
)

// A file is open. It is not an os.File, because the first of those starts
// Go's poller, which takes two more descriptors permanently and crashes the process if
// there are none.
type file int

func openFile(path string) (file, error) {
	fd, err := descriptor.Open(path, unix.O_RDONLY, 0)
	return file(fd), err
}

// ReadAt is like io.ReaderAt's, but may return fewer bytes without an error: callers
// check n only.
func (f file) ReadAt(p []byte, offset int64) (n int, err error) {
	for n < len(p) {
		m, err := unix.Pread(int(f), p[n:], offset+int64(n))
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

func (f file) close() { _ = unix.Close(int(f)) }
