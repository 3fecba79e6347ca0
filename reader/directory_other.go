//go:build !unix

package reader

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// A dirHandle is a directory's name, and what it was when it was opened if the
// rule is Beneath.
type dirHandle struct {
	name string
	root *os.Root
}

// newNear returns none: names are all that is known of directories here.
func newNear(Rule) *DirCache { return nil }

// lookByRule would look at a file and follow no links.
func (d *Dir) lookByRule(string) (Info, error) { return Info{}, errors.ErrUnsupported }

func (h dirHandle) lookNoLink(string) (Info, error) { return Info{}, errors.ErrUnsupported }

func (d *Dir) path(name string) string {
	if d == nil || filepath.IsAbs(name) || name == "" {
		return name
	}
	return d.handle.name + string(filepath.Separator) + name
}

func (d *Dir) openDir(name string, rule Rule) (h dirHandle, err error) {
	h.name = d.path(name)
	switch {
	case d.isBeneath():
		if err = refusedName(name); err == nil {
			h.root, err = d.handle.root.OpenRoot(name)
		}
		return h, unwrapPathError(err)
	case rule == Beneath:
		h.root, err = os.OpenRoot(h.name)
		return h, unwrapPathError(err)
	}
	st, err := os.Stat(h.name)
	if err == nil && !st.IsDir() {
		err = fs.ErrInvalid
	}
	return h, unwrapPathError(err)
}

func (h dirHandle) localDisk() uint64 { return 0 }

func (h dirHandle) closeDirectory() error {
	if h.root == nil {
		return nil
	}
	return unwrapPathError(h.root.Close())
}

// Look is Stat that also returns why a file can't be looked at. By the rule
// Beneath that is what Open would say of the file.
func (d *Dir) Look(name string) (Info, error) {
	if d.isBeneath() {
		return d.lookBeneath(name)
	}
	st, err := os.Stat(d.path(name))
	if err != nil {
		return Info{}, unwrapPathError(err)
	}
	if standsForDescriptor(name) {
		return Info{Kind: Sequential}, nil
	}
	return infoOf(st), nil
}

// Look looks at an open file. It is for no io.Reader.
func (f *File) Look() (Info, error) {
	st, err := f.handle.file.Stat()
	if err != nil {
		return Info{}, unwrapPathError(err)
	}
	return infoOf(st), nil
}

func infoOf(st fs.FileInfo) Info {
	switch {
	case st.Mode()&(fs.ModeNamedPipe|fs.ModeSocket|fs.ModeCharDevice) != 0:
		return Info{Kind: Sequential}
	case st.Mode().IsRegular():
		return Info{Kind: Plain, Size: st.Size(), Regular: true}
	}
	return Info{Kind: Plain, Directory: st.IsDir()}
}

func (d *Dir) open(name string, _ bool) (handle, error) {
	if d.isBeneath() {
		return d.openRegular(name)
	}
	path := d.path(name)
	if d != nil && d.rule == NoLinks {
		if st, err := os.Lstat(path); err == nil && st.Mode()&fs.ModeSymlink != 0 {
			return handle{}, ErrNotRegular
		}
	}
	f, err := os.Open(path)
	return handle{f}, unwrapPathError(err)
}

// verifyRegular sees to it that an open file is a regular one, and learns its size.
func (f *File) verifyRegular() error {
	st, err := f.handle.file.Stat()
	if err != nil {
		return unwrapPathError(err)
	}
	if !st.Mode().IsRegular() {
		return ErrNotRegular
	}
	f.size, f.unverified = st.Size(), false
	return nil
}

// List lists a directory in the directory, which need not be it, in no particular
// order. The error is the bare error of the system, or ErrTooMany; entries that
// were read before it are returned with it. There is no ID to tell.
func (d *Dir) List(path string, how Listing) (entries []Entry, id ID, err error) {
	if d.isBeneath() {
		return d.listBeneath(path, how)
	}
	if how.Identified != nil {
		if which, err := d.identify(filepath.Clean(path), how.Near); err == nil {
			how.Identified(which)
		}
	}
	path = d.path(filepath.Clean(path))
	list, err := os.ReadDir(path)
	stat := func(name string) (fs.FileInfo, error) { return os.Stat(filepath.Join(path, name)) }
	return appendList(list, err, how, stat)
}

// appendList turns a list into that of the package.
func appendList(list []fs.DirEntry, err error, how Listing, stat func(name string) (fs.FileInfo, error)) (entries []Entry, id ID, _ error) {
	for _, e := range list {
		mode := e.Type()
		if mode&fs.ModeSymlink != 0 && how.Follow {
			st, err := stat(e.Name())
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
	return entries, id, unwrapPathError(err)
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

// openUnknown opens a file that couldn't be looked at before.
func (d *Dir) openUnknown(name string) (handle, error) { return d.open(name, true) }
