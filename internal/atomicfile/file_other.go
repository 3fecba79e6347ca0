//go:build !unix

package atomicfile

import (
	"errors"
	"io/fs"
	"os"

	"github.com/psha1sum/psha1sum/reader"
)

// openExisting opens what is no regular file to write to it.
func openExisting(name string) (*os.File, error) { return os.OpenFile(name, os.O_WRONLY, 0) }

// openOld opens a file to see what it holds.
func openOld(name string) (*os.File, error) { return os.Open(name) }

// openNew makes a file that there must not be yet.
func openNew(name string, mode fs.FileMode) (*os.File, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
}

// duplicate has nothing to do: no name stands for a descriptor here.
func (Options) duplicate(int) (*os.File, error) { return nil, fs.ErrNotExist }

// writable leaves it to the system to refuse that a file is replaced.
func writable(string) error { return nil }

// resemble does nothing: a file has its rights from its directory.
func resemble(*os.File, fs.FileInfo) {}

// obstacle leaves it to the system to refuse that a file is replaced.
func obstacle(string, bool) (inPlace bool, err error) { return false, nil }

func openInPlace(string, reader.ID) (*os.File, error) { return nil, errors.ErrUnsupported }

// flushed closes a file: one that is open can't be renamed.
func flushed(f *os.File) error { return f.Close() }

// syncDirectory does nothing: directories can't be synced.
func syncDirectory(string) error { return nil }

func fsync(f *os.File) error { return f.Sync() }
