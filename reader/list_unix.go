//go:build unix

package reader

import "golang.org/x/sys/unix"

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
