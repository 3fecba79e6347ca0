//go:build unix && !linux

package reader

import (
	"os"
	"path/filepath"
)

// readEntries reads what an open directory of that name lists, and closes it.
func readEntries(fd int, path string, how Listing) (entries []Entry, err error) {
	f := os.NewFile(uintptr(fd), filepath.Clean(path))
	defer f.Close()
	names, err := f.Readdirnames(-1)
	for _, name := range names {
		kind, inode := look(fd, name, how.Follow)
		entries = append(entries, Entry{Name: name, Type: kind, Inode: inode})
	}
	if how.Most > 0 && len(entries) > how.Most {
		return nil, ErrTooMany
	}
	return entries, unwrapPathError(err)
}
