//go:build unix

package reader

import (
	"io/fs"
	"time"

	"golang.org/x/sys/unix"
)

// Details looks at a file in the directory, by the directory's rule.
func (d *Dir) Details(name string) (Details, error) {
	var st unix.Stat_t
	if err := d.statByRule(name, &st); err != nil {
		return Details{}, err
	}
	return detailsOf(&st), nil
}

// Details looks at an open file.
func (f *File) Details() (Details, error) {
	st, err := f.stat()
	return detailsOf(&st), err
}

func detailsOf(st *unix.Stat_t) Details {
	d := Details{
		Type:     typeOf(st),
		Modified: time.Unix(st.Mtim.Unix()),
		Mode:     fs.FileMode(st.Mode & 0o7777),
		Owner:    int(st.Uid),
	}
	if d.Type == RegularFile {
		d.Size = st.Size
	}
	return d
}
