//go:build unix

package reader

import (
	"unique"

	"github.com/psha1sum/psha1sum/internal/fsinfo"
	"golang.org/x/sys/unix"
)

func (d *Dir) identify(name string, near DirectoryID) (id DirectoryID, err error) {
	var st unix.Stat_t
	if near.number != (ID{}) && (d == nil || d.rule == Anything) && len(name) <= longestName {
		err := d.statAt(name, &st, 0)
		if err != nil {
			return id, err
		}
		if st.Mode&unix.S_IFMT == unix.S_IFDIR && near.tells(&st) {
			return DirectoryID{number: idOf(&st)}, nil
		}
	}
	fd, err := d.openAt(name, searchOnly|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err != nil {
		return id, err
	}
	defer unix.Close(fd)
	if err := unix.Fstat(fd, &st); err != nil {
		return id, err
	}
	return identityOf(fd, &st, near), nil
}

// tells reports whether the number of a directory tells which it is, because that of
// another on its file system does.
func (id DirectoryID) tells(st *unix.Stat_t) bool {
	return id.number.Inode != 0 && id.number.Device == uint64(st.Dev) && st.Ino != 0
}

// hasLastingNumbers reports whether an open directory is on a file system where a
// number belongs to one directory as long as that exists.
func hasLastingNumbers(fd int) bool {
	on, err := fsinfo.Of(fd)
	return err == nil && on.LastingNumbers
}

// identityOf returns which directory is open. st is what fstat(2) says of it.
func identityOf(fd int, st *unix.Stat_t, near DirectoryID) DirectoryID {
	if near.tells(st) || st.Ino != 0 && hasLastingNumbers(fd) {
		return DirectoryID{number: idOf(st)}
	}
	if path := pathOf(fd); path != "" {
		return DirectoryID{path: unique.Make(path)}
	}
	return DirectoryID{}
}
