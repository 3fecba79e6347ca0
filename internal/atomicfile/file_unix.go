//go:build unix

package atomicfile

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/psha1sum/psha1sum/internal/descriptor"
	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// openExisting opens a file that is not regular for writing, as a shell does.
func openExisting(name string) (*os.File, error) {
	return openFile(name, unix.O_WRONLY|unix.O_TRUNC|unix.O_NOCTTY, 0)
}

// openNew creates a file that must not exist. It is readable too, in case it has to be
// copied.
func openNew(name string, mode fs.FileMode) (*os.File, error) {
	return openFile(name, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL, mode)
}

// openOld opens a file to read its contents.
func openOld(name string) (*os.File, error) {
	return openFile(name, unix.O_RDONLY|unix.O_NOCTTY, 0)
}

// openInPlace opens a file for overwriting, if it is still the one that was inspected.
func openInPlace(name string, seen reader.ID) (*os.File, error) {
	f, err := openFile(name, unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	if id, ok := reader.Identity(int(f.Fd())); !ok || id != seen {
		f.Close()
		return nil, unix.EBUSY // another process has replaced it
	}
	return f, nil
}

// flushed returns the error of close(2) for a file that stays open.
func flushed(f *os.File) error {
	again, err := another(int(f.Fd()))
	if err != nil {
		return nil // not available
	}
	return again.Close()
}

// openFile opens a file, but none of the standard streams.
func openFile(name string, flags int, mode fs.FileMode) (*os.File, error) {
	fd, err := descriptor.Open(name, flags, uint32(mode))
	switch {
	case err != nil:
		return nil, err
	case fd <= 2:
		// A standard stream was closed, and must stay so.
		defer unix.Close(fd)
		return another(fd)
	}
	return os.NewFile(uintptr(fd), name), nil
}

// duplicate returns another descriptor for descriptor fd of our caller.
func (o Options) duplicate(fd int) (*os.File, error) {
	if fd <= 2 && o.WasClosed(fd) {
		return nil, unix.EBADF
	}
	return another(fd)
}

// another duplicates fd to a descriptor above the standard ones.
func another(fd int) (*os.File, error) {
	const first = 3
	again, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, first)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(again), ""), nil
}

// writable returns the error with which a shell would refuse to write to a file, even
// if it could be replaced.
func writable(name string) error { return unix.Access(name, unix.W_OK) }

// resemble copies the owner and the mode of another file, as far as permitted.
func resemble(f *os.File, old fs.FileInfo) {
	if st, ok := old.Sys().(*syscall.Stat_t); ok {
		if f.Chown(int(st.Uid), int(st.Gid)) != nil {
			f.Chown(-1, int(st.Gid))
		}
	}
	f.Chmod(old.Mode().Perm())
}

// syncDirectory syncs the directory of a file. It ignores directories that can't be
// opened.
func syncDirectory(name string) error {
	dir, _ := filepath.Split(name)
	f, err := openFile(cmp.Or(dir, "."), unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	return fsync(f)
}

// fsync is fsync(2), without the error of files that do not support it.
func fsync(f *os.File) error {
	err := f.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		return nil
	}
	return err
}
