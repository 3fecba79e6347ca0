package process

import (
	"io"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/psha1sum/psha1sum/reader"
)

// Stdin is standard input. Operands that name it read from its current offset, one
// after another.
type Stdin struct {
	Closed bool // standard input was closed when the process started
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

// IsUsed reports whether Read has been called.
func (in *Stdin) IsUsed() bool { return in.used.Load() }

// Close returns the error that closing standard input gives, if it was used.
func (in *Stdin) Close() error {
	if in.used.Load() && in.Closed {
		return syscall.EBADF
	}
	return nil
}

// Left returns the number of bytes left to read in a regular file. ok is false for
// anything else.
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
