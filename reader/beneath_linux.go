package reader

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// openBeneath is openat(2) by the rule Beneath.
func (d *Dir) openBeneath(name string, flags int) (int, error) {
	if err := refusedName(name); err != nil {
		return -1, err
	}
	if !hasOpenat2() || len(name) > longestName { // which the walk refuses
		return d.openByWalk(name, flags)
	}
	how := openHow(flags, unix.RESOLVE_BENEATH|unix.RESOLVE_NO_MAGICLINKS)
	for range beneathTries {
		fd, err := unix.Openat2(int(d.handle), name, how)
		switch err {
		case nil:
			return fd, nil
		case unix.EXDEV:
			return -1, ErrOutside
		case unix.EAGAIN:
		default:
			return -1, err
		}
	}
	return -1, unix.EAGAIN
}

// beneathTries is how often a name is looked up. If a link says ".." and anything on the
// machine is renamed meanwhile, Linux can't tell whether that led out of the directory,
// and returns EAGAIN.
const beneathTries = 1000

// openRegular opens a file by the rule Beneath. Nothing but a regular file is ever
// opened: O_PATH gives a descriptor that only stands for the file, and through that the
// same file is opened, whatever has its name by then.
func (d *Dir) openRegular(name string) (handle, error) {
	place, err := d.openAt(name, unix.O_PATH|unix.O_CLOEXEC)
	if err != nil {
		return -1, err
	}
	defer unix.Close(place)
	var st unix.Stat_t
	if err := unix.Fstat(place, &st); err != nil {
		return -1, err
	}
	if err := refusedType(&st); err != nil {
		return -1, err
	}
	again := procDescriptors + strconv.Itoa(place)
	h, err := (*Dir)(nil).open(again, true)
	if err == nil || isLink(again) {
		return h, err
	}
	return d.openSame(name, &st) // /proc isn't mounted
}

// procDescriptors is where Linux lists what a process has open. Tests set it.
var procDescriptors = "/proc/self/fd/"

func isLink(name string) bool {
	var st unix.Stat_t
	return unix.Lstat(name, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK
}

// statBeneath is fstatat(2) by the rule Beneath.
func (d *Dir) statBeneath(name string, st *unix.Stat_t) error {
	fd, err := d.openAt(name, unix.O_PATH|unix.O_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Fstat(fd, st)
}

// linksAreMagic reports whether links in a directory don't lead where they say: below
// /proc, but not in it, they stand for what a process has open.
func linksAreMagic(dirfd int) bool {
	const procRoot = 1 // its inode
	var fs unix.Statfs_t
	var st unix.Stat_t
	return unix.Fstatfs(dirfd, &fs) != nil || fs.Type == unix.PROC_SUPER_MAGIC &&
		(unix.Fstat(dirfd, &st) != nil || st.Ino != procRoot)
}
