//go:build !unix

package reader

import (
	"io/fs"
	"os"
	"path/filepath"
)

// A folderHandle is a directory's name.
type folderHandle string

func (d *Folder) path(name string) string {
	if d == nil || filepath.IsAbs(name) || name == "" {
		return name
	}
	return string(d.handle) + string(filepath.Separator) + name
}

func (d *Folder) openFolder(name string) (folderHandle, error) {
	path := d.path(name)
	st, err := os.Stat(path)
	switch {
	case err != nil:
		return "", bare(err)
	case !st.IsDir():
		return "", fs.ErrInvalid
	}
	return folderHandle(path), nil
}

func (h folderHandle) closeFolder() error { return nil }

// Stat looks at a file in the folder: see the function of that name.
func (d *Folder) Stat(name string) Info {
	st, err := os.Stat(d.path(name))
	if err != nil {
		return Info{}
	}
	switch {
	case standsForDescriptor(name), st.Mode()&(fs.ModeNamedPipe|fs.ModeSocket|fs.ModeCharDevice) != 0:
		return Info{Kind: Sequential}
	case st.Mode().IsRegular():
		return Info{Kind: Plain, Size: st.Size()}
	}
	return Info{Kind: Plain, Directory: st.IsDir()}
}

func (d *Folder) open(name string, _ bool) (handle, error) {
	path := d.path(name)
	if d != nil && d.rule == NoLinks {
		if st, err := os.Lstat(path); err == nil && st.Mode()&fs.ModeSymlink != 0 {
			return handle{}, ErrNotRegular
		}
	}
	f, err := os.Open(path)
	return handle{f}, bare(err)
}

// prove sees to it that an open file is a regular one, and learns its size.
func (f *File) prove() error {
	st, err := f.handle.file.Stat()
	if err != nil {
		return bare(err)
	}
	if !st.Mode().IsRegular() {
		return ErrNotRegular
	}
	f.size, f.unproven = st.Size(), false
	return nil
}

// List lists a directory in the folder, which need not be it, in no particular
// order. The error is the bare error of the system, or ErrTooMany; entries that
// were read before it are returned with it. There is no ID to tell.
func (d *Folder) List(path string, how Listing) (entries []Entry, id ID, err error) {
	path = d.path(filepath.Clean(path))
	list, err := os.ReadDir(path)
	for _, e := range list {
		mode := e.Type()
		if mode&fs.ModeSymlink != 0 && how.Follow {
			st, err := os.Stat(filepath.Join(path, e.Name()))
			if err != nil {
				mode = fs.ModeIrregular
			} else {
				mode = st.Mode().Type()
			}
		}
		entries = append(entries, Entry{Name: e.Name(), Type: typeOf(mode)})
	}
	if how.Most > 0 && len(entries) > how.Most {
		return nil, id, ErrTooMany
	}
	return entries, id, bare(err)
}

func typeOf(mode fs.FileMode) Type {
	switch mode {
	case 0:
		return RegularFile
	case fs.ModeDir:
		return Directory
	case fs.ModeSymlink:
		return Link
	case fs.ModeNamedPipe:
		return FIFO
	case fs.ModeSocket:
		return Socket
	case fs.ModeDevice | fs.ModeCharDevice:
		return CharacterDevice
	case fs.ModeDevice:
		return BlockDevice
	}
	return Dangling
}
