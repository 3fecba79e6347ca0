//go:build !unix

package atomicfile

import (
	"errors"
	"io/fs"
	"os"

	"github.com/psha1sum/psha1sum/reader"
)

// openExisting opens a file that is not regular for writing.
func openExisting(name string) (*os.File, error) { return os.OpenFile(name, os.O_WRONLY, 0) }

// openOld opens a file to read its contents.
func openOld(name string) (*os.File, error) { return os.Open(name) }

// openNew creates a file that must not exist.
func openNew(name string, mode fs.FileMode) (*os.File, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
}

// duplicate fails: no name refers to a descriptor on this system.
func (Options) duplicate(int) (*os.File, error) { return nil, fs.ErrNotExist }

// writable returns nil: the system refuses the replacement if necessary.
func writable(string) error { return nil }

// resemble does nothing: permissions come from the directory.
func resemble(*os.File, fs.FileInfo) {}

// obstacle finds nothing: the system refuses the replacement if necessary.
func obstacle(string, bool) (inPlace bool, err error) { return false, nil }

func openInPlace(string, reader.ID) (*os.File, error) { return nil, errors.ErrUnsupported }

// flushed closes a file, because an open file can't be renamed.
func flushed(f *os.File) error { return f.Close() }

// syncDirectory does nothing: directories can't be synced.
func syncDirectory(string) error { return nil }

func fsync(f *os.File) error { return f.Sync() }
