package main

import (
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
