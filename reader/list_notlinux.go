//go:build unix && !linux

package reader

import (
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// List lists a directory in the folder, which need not be it, in no particular
// order and without "." and "..". It also tells the directory's ID. The error is
// the bare error of the system, or ErrTooMany; entries that were read before it
// are returned with it.
func (d *Folder) List(path string, how Listing) (entries []Entry, id ID, err error) {
	if path == "" {
		path = "."
	}
	fd, err := d.openAt(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NONBLOCK|unix.O_CLOEXEC)
	if err != nil {
		return nil, ID{}, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return nil, ID{}, err
	}
	if how.Unless != nil && how.Unless(idOf(&st)) {
		unix.Close(fd)
		return nil, idOf(&st), nil
	}
	f := os.NewFile(uintptr(fd), filepath.Clean(path))
	defer f.Close()
	names, err := f.Readdirnames(-1)
	for _, name := range names {
		kind, inode := look(fd, name, how.Follow)
		entries = append(entries, Entry{Name: name, Type: kind, Inode: inode})
	}
	if how.Most > 0 && len(entries) > how.Most {
		return nil, idOf(&st), ErrTooMany
	}
	return entries, idOf(&st), bare(err)
}

// bare takes off what the os package wraps around the system's error.
func bare(err error) error {
	if path, ok := err.(*fs.PathError); ok {
		return path.Err
	}
	return err
}
