package process

import (
	"io"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/psha1sum/psha1sum/reader"
)

// Stdin is standard input. It is read from its current offset, by as many
// operands as ask for it, one after the other.
type Stdin struct {
	Closed bool // it was closed when the process started
	used   atomic.Bool
}

// Read implements io.Reader.
func (in *Stdin) Read(p []byte) (int, error) {
	in.used.Store(true)
	if in.Closed {
		return 0, syscall.EBADF
	}
	return reader.Descriptor(0).Read(p)
}

// IsUsed reports whether somebody has read from it.
func (in *Stdin) IsUsed() bool { return in.used.Load() }

// Close returns the error that closing standard input gives, if it was used.
func (in *Stdin) Close() error {
	if in.used.Load() && in.Closed {
		return syscall.EBADF
	}
	return nil
}

// Left is how many bytes there are to be read of a regular file, from where it is now.
// ok is false for anything else.
func (in *Stdin) Left() (n int64, ok bool) {
	if in.Closed {
		return 0, false
	}
	info, err := os.Stdin.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0, false
	}
	offset, err := os.Stdin.Seek(0, io.SeekCurrent)
	return max(info.Size()-offset, 0), err == nil
}
