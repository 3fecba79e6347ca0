//go:build !unix

package reader

import (
	"io/fs"
	"os"
)

// Details looks at a file in the directory, by the directory's rule.
func (d *Dir) Details(name string) (Details, error) {
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

// Details looks at an open file.
func (f *File) Details() (Details, error) {
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
