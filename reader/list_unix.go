//go:build unix

package reader

import "golang.org/x/sys/unix"

// List lists a directory in the directory, which need not be it, in no particular
// order and without "." and "..". It also tells the directory's ID. The error is
// the bare error of the system, or ErrTooMany; entries that were read before it
// are returned with it.
func (d *Dir) List(path string, how Listing) (entries []Entry, id ID, err error) {
	if path == "" {
		path = "."
	}
	fd, err := d.openAt(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NONBLOCK|unix.O_CLOEXEC)
	if err != nil {
		return nil, ID{}, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return nil, ID{}, err
	}
	id = idOf(&st)
	if how.Unless != nil && how.Unless(id) {
		unix.Close(fd)
		return nil, id, nil
	}
	if how.Identified != nil {
		how.Identified(identityOf(fd, &st, how.Near))
	}
	entries, err = readEntries(fd, path, how)
	return entries, id, err
}

// look looks at a file in an open directory, and returns its type and its number.
func look(dirfd int, name string, follow bool) (Type, uint64) {
	flags := unix.AT_SYMLINK_NOFOLLOW
	if follow {
		flags = 0
	}
	var st unix.Stat_t
	if ignoringEINTR(func() error { return unix.Fstatat(dirfd, name, &st, flags) }) != nil {
		return Dangling, 0
	}
	return typeOf(&st), uint64(st.Ino)
}

func typeOf(st *unix.Stat_t) Type {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return RegularFile
	case unix.S_IFDIR:
		return Directory
	case unix.S_IFLNK:
		return Link
	case unix.S_IFIFO:
		return FIFO
	case unix.S_IFSOCK:
		return Socket
	case unix.S_IFCHR:
		return CharacterDevice
	case unix.S_IFBLK:
		return BlockDevice
	}
	return Dangling
}
