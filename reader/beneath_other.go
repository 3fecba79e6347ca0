//go:build !unix

package reader

import (
	"io/fs"
	"path/filepath"
)

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

// refusedType returns why a file isn't opened by the rule Beneath.
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
