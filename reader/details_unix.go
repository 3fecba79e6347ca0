//go:build unix

package reader

import (
	"io/fs"
	"time"

	"golang.org/x/sys/unix"
)

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
