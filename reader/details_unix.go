//go:build unix

package reader

import (
	"io/fs"
	"time"

	"golang.org/x/sys/unix"
)

// Details looks at an open file.
func (f *File) Details() (Details, error) {
	var st unix.Stat_t
	if err := ignoringEINTR(func() error { return unix.Fstat(int(f.handle), &st) }); err != nil {
		return Details{}, err
	}
	return detailsOf(&st), nil
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
