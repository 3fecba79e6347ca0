//go:build !unix

package reader

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"unique"
)

// A handle is a file of package os: these systems don't have the system calls that this
// package uses elsewhere.
type handle struct{ file *os.File }

// identity: there are no descriptors to ask.
func identity(int) (id ID, ok bool) { return ID{}, false }

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

// seek is for files that a cache knows, and here there are none.
func (h handle) seek(int64) bool { return false }

// wouldWait: every read waits.
func (f *File) wouldWait(error) bool { return false }

// retryBlocking has nothing to do: every file is opened blocking.
func (f *File) retryBlocking(readErr error) (again bool, err error) {
	f.unverified = false
	return false, readErr
}

func (d Descriptor) read(p []byte) (int, error) {
	if d != 0 {
		return 0, fs.ErrInvalid
	}
	return handle{os.Stdin}.read(p)
}

// A dirHandle is a directory's name and, if the rule is Beneath, the open directory.
type dirHandle struct {
	name string
	root *os.Root
}

// newNear returns nil: directories are known by their names only.
func newNear(Rule) *DirCache { return nil }

// lookByRule: files can't be looked at without following links.
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

func (d *Dir) look(name string) (Info, error) {
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

func (f *File) look() (Info, error) {
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

// openUnknown opens a file that couldn't be looked at before.
func (d *Dir) openUnknown(name string) (handle, error) { return d.open(name, true) }

// verifyRegular checks that an open file is a regular one, and learns its size.
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

func (d *Dir) list(path string, how Listing) (entries []Entry, id ID, err error) {
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

// appendList converts a list of package os.
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

func (d *Dir) details(name string) (Details, error) {
	st, err := d.stat(name)
	if err != nil {
		return Details{}, unwrapPathError(err)
	}
	return detailsOf(st), nil
}

func (d *Dir) stat(name string) (fs.FileInfo, error) {
	if !d.isBeneath() {
		return os.Stat(d.path(name))
	}
	if err := refusedName(name); err != nil {
		return nil, err
	}
	return d.handle.root.Stat(name)
}

func (f *File) details() (Details, error) {
	st, err := f.handle.file.Stat()
	if err != nil {
		return Details{}, unwrapPathError(err)
	}
	return detailsOf(st), nil
}

func detailsOf(st fs.FileInfo) Details {
	d := Details{Type: typeOf(st.Mode().Type()), Modified: st.ModTime(), Mode: st.Mode().Perm(), Owner: -1}
	if d.Type == RegularFile {
		d.Size = st.Size()
	}
	return d
}

// lookBeneath is Look by the rule Beneath.
func (d *Dir) lookBeneath(name string) (Info, error) {
	err := refusedName(name)
	if err != nil {
		return Info{}, err
	}
	st, err := d.handle.root.Stat(name)
	if err == nil {
		err = refusedType(st)
	}
	if err != nil {
		return Info{}, unwrapPathError(err)
	}
	return Info{Kind: Plain, Size: st.Size()}, nil
}

// refusedType returns why the rule Beneath refuses a file.
func refusedType(st fs.FileInfo) error {
	if !st.Mode().IsRegular() {
		return ErrNotRegular
	}
	return nil
}

// openRegular opens a file by the rule Beneath, if it is a regular one.
func (d *Dir) openRegular(name string) (handle, error) {
	if _, err := d.lookBeneath(name); err != nil {
		return handle{}, err
	}
	f, err := d.handle.root.Open(name)
	return handle{f}, unwrapPathError(err)
}

// listBeneath is List by the rule Beneath.
func (d *Dir) listBeneath(path string, how Listing) (entries []Entry, id ID, err error) {
	if err := refusedName(path); err != nil {
		return nil, id, err
	}
	path = filepath.Clean(path)
	f, err := d.handle.root.Open(path)
	if err != nil {
		return nil, id, unwrapPathError(err)
	}
	defer f.Close()
	list, err := f.ReadDir(-1)
	stat := func(name string) (fs.FileInfo, error) { return d.handle.root.Stat(filepath.Join(path, name)) }
	return appendList(list, err, how, stat)
}

// identify uses the path, because there are no inodes. By the rule Beneath it identifies
// nothing, because links would be followed to wherever they lead.
func (d *Dir) identify(name string, _ DirectoryID) (id DirectoryID, err error) {
	if d.isBeneath() {
		return id, nil
	}
	path, err := filepath.Abs(d.path(name))
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return id, unwrapPathError(err)
	}
	return DirectoryID{path: unique.Make(path)}, nil
}

// reserveFD reserves nothing: there are no names for descriptors.
func reserveFD() *ReservedFD { return nil }

func (*ReservedFD) release() {}

func (*ReservedFD) open(name string, info Info) (File, error) { return Open(name, info) }

func (*ReservedFD) close(f *File) error { return f.Close() }
