package main

import (
	"io"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/psha1sum/psha1sum/reader"
)

// input is standard input. It is read from its current offset, by as many
// operands as ask for it, one after the other.
type input struct {
	closed bool // it was closed when the process started
	used   atomic.Bool
}

// Read implements io.Reader.
func (in *input) Read(p []byte) (int, error) {
	in.used.Store(true)
	if in.closed {
		return 0, syscall.EBADF
	}
	return reader.Descriptor(0).Read(p)
}

// close returns the error that closing standard input gives, if it was used.
func (in *input) close() error {
	if in.used.Load() && in.closed {
		return syscall.EBADF
	}
	return nil
}

// left is how many bytes there are to be read of a regular file, from where it is now.
// ok is false for anything else.
func (in *input) left() (n int64, ok bool) {
	if in.closed {
		return 0, false
	}
	info, err := os.Stdin.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0, false
	}
	offset, err := os.Stdin.Seek(0, io.SeekCurrent)
	return max(info.Size()-offset, 0), err == nil
}
