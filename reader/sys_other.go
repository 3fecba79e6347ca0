//go:build !unix

package reader

import (
	"io"
	"io/fs"
	"os"
)

// A handle is a file of the os package: these systems have no read(2) of the
// kind that the rest of this package is written for.
type handle struct{ file *os.File }

// Identity returns the ID of a descriptor's file. These systems have none.
func Identity(int) (id ID, ok bool) { return ID{}, false }

func (h handle) fd() int { return -1 }

func (h handle) read(p []byte) (int, error) {
	n, err := h.file.Read(p)
	if err == io.EOF {
		err = nil
	}
	return n, unwrapPathError(err)
}

func (h handle) adviseSequential() {}

func (h handle) dropCache(int64) {}

func (h handle) close() error { return unwrapPathError(h.file.Close()) }

// seek is asked for files that a cache knows, which there are none of.
func (h handle) seek(int64) bool { return false }

// wouldWait: every read waits.
func (f *File) wouldWait(error) bool { return false }

// retryBlocking has nothing to do: nothing is opened without waiting.
func (f *File) retryBlocking(readErr error) (again bool, err error) {
	f.unverified = false
	return false, readErr
}

// A Descriptor is an open descriptor that somebody else owns, standard input
// for one. It reads from the current offset.
type Descriptor int

// Read is one read. At the end it returns 0, io.EOF as io.Reader asks.
func (d Descriptor) Read(p []byte) (int, error) {
	if d != 0 {
		return 0, fs.ErrInvalid
	}
	n, err := handle{os.Stdin}.read(p)
	return eofAtZero(n, len(p), err)
}
