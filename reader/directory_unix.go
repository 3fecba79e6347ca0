//go:build unix

package reader

import (
	"strings"
	"unique"

	"github.com/psha1sum/psha1sum/internal/fsinfo"
	"golang.org/x/sys/unix"
)

// A dirHandle is a directory's descriptor.
type dirHandle int

func (d *Dir) dirfd() int {
	if d == nil {
		return unix.AT_FDCWD
	}
	return int(d.handle)
}

func (d *Dir) openDir(name string, _ Rule) (dirHandle, error) {
	fd, err := d.openAt(name, searchOnly|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err != nil {
		return -1, err
	}
	return dirHandle(fd), nil
}

func (h dirHandle) closeDirectory() error { return unix.Close(int(h)) }

func (d *Dir) look(name string) (info Info, err error) {
	if d.isBeneath() {
		return d.lookBeneath(name)
	}
	if len(name) > longestName {
		return info, unix.ENAMETOOLONG
	}
	var st unix.Stat_t
	if d.followsNoLinks() { // without links no name stands for a descriptor
		if err := d.statWithoutLinks(name, &st); err != nil {
			return info, err
		}
		return infoOf(&st), nil
	}
	descriptor := standsForDescriptor(name)
	if !descriptor {
		err = d.statAt(name, &st, unix.AT_SYMLINK_NOFOLLOW)
		if err == nil && st.Mode&unix.S_IFMT != unix.S_IFLNK {
			return infoOf(&st), nil
		}
		descriptor = err == nil && d.leadsToDescriptor(name, &st)
	}
	if err == nil {
		err = d.statAt(name, &st, 0)
	}
	if err == nil {
		info = infoOf(&st)
	}
	if descriptor {
		// Also if there is no such descriptor now: another file that is opened
		// meanwhile may get its number, or had it a moment ago.
		info.Kind, info.Size = Sequential, 0
	}
	return info, err
}

// localDisk returns the device of a directory if it is on a local disk, and else 0.
func (h dirHandle) localDisk() uint64 {
	f := File{handle: handle(h)}
	if st, err := f.stat(); err == nil && f.onLocalDisk() {
		return uint64(st.Dev)
	}
	return 0
}

// statAt is fstatat(2) in the directory.
func (d *Dir) statAt(name string, st *unix.Stat_t, flags int) error {
	return ignoringEINTR(func() error { return unix.Fstatat(d.dirfd(), name, st, flags) })
}

// statByRule is fstatat(2) by the directory's rule.
func (d *Dir) statByRule(name string, st *unix.Stat_t) error {
	switch {
	case d.isBeneath():
		return d.statBeneath(name, st)
	case d.followsNoLinks():
		return d.statWithoutLinks(name, st)
	}
	return d.statAt(name, st, 0)
}

// lookByRule looks at a file whose name is known to stand for no descriptor, by the
// directory's rule. It may take a descriptor for a moment.
func (d *Dir) lookByRule(name string) (Info, error) {
	var st unix.Stat_t
	if err := d.statByRule(name, &st); err != nil {
		return Info{}, err
	}
	return infoOf(&st), nil
}

// leadsToDescriptor reports whether a symbolic link leads to a name for what this
// process has open as some descriptor. st is the link's.
func (d *Dir) leadsToDescriptor(name string, st *unix.Stat_t) bool {
	buf := make([]byte, unix.PathMax)
	for range maxLinks {
		if isMagic(st) {
			return true
		}
		n, err := unix.Readlinkat(d.dirfd(), name, buf)
		if err != nil {
			return false
		}
		name = besideLink(name, string(buf[:n]))
		if standsForDescriptor(name) {
			return true
		}
		if d.statAt(name, st, unix.AT_SYMLINK_NOFOLLOW) != nil || st.Mode&unix.S_IFMT != unix.S_IFLNK {
			return false
		}
	}
	return false
}

// besideLink returns the name that a link leads to, which says to.
func besideLink(link, to string) string {
	if strings.HasPrefix(to, "/") {
		return to
	}
	return link[:strings.LastIndexByte(strings.TrimRight(link, "/"), '/')+1] + to
}

// longestName is more bytes than any system takes for a name. A system call would copy
// the name first.
const longestName = 64 << 10

func (d *Dir) open(name string, noWait bool) (handle, error) {
	if d.isBeneath() {
		return d.openRegular(name)
	}
	const flags = unix.O_RDONLY | unix.O_CLOEXEC
	fd, err := -1, error(unix.EAGAIN)
	if noWait {
		fd, err = d.openAt(name, flags|unix.O_NONBLOCK)
	}
	if err == unix.EAGAIN { // not tried, or a lease is being broken: wait
		fd, err = d.openAt(name, flags)
	}
	if err != nil {
		return -1, err
	}
	return handle(fd), nil
}

// openAt is openat(2) by the directory's rule.
func (d *Dir) openAt(name string, flags int) (fd int, err error) {
	if len(name) > longestName && !d.isBeneath() {
		return -1, unix.ENAMETOOLONG
	}
	err = ignoringEINTR(func() error {
		switch {
		case d == nil || d.rule == Anything:
			fd, err = unix.Openat(d.dirfd(), name, flags, 0)
		case d.rule == NoLinks:
			fd, err = d.openNoLinks(name, flags)
		default:
			fd, err = d.openBeneath(name, flags)
		}
		return err
	})
	if err != nil {
		return -1, err
	}
	return fd, nil
}

func (d *Dir) details(name string) (Details, error) {
	var st unix.Stat_t
	if err := d.statByRule(name, &st); err != nil {
		return Details{}, err
	}
	return detailsOf(&st), nil
}

func (d *Dir) list(path string, how Listing) (entries []Entry, id ID, err error) {
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

// entryType looks at a file in an open directory, and returns its type and inode.
func entryType(dirfd int, name string, follow bool) (Type, uint64) {
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

// tells reports whether a directory's inode identifies it, because that of id, on the
// same file system, does.
func (id DirectoryID) tells(st *unix.Stat_t) bool {
	return id.number.Inode != 0 && id.number.Device == uint64(st.Dev) && st.Ino != 0
}

// hasLastingNumbers reports whether an open directory is on a file system that keeps
// inodes.
func hasLastingNumbers(fd int) bool {
	on, err := fsinfo.Of(fd)
	return err == nil && on.LastingNumbers
}

// identityOf identifies an open directory, whose stat is st.
func identityOf(fd int, st *unix.Stat_t, near DirectoryID) DirectoryID {
	if near.tells(st) || st.Ino != 0 && hasLastingNumbers(fd) {
		return DirectoryID{number: idOf(st)}
	}
	if path := pathOf(fd); path != "" {
		return DirectoryID{path: unique.Make(path)}
	}
	return DirectoryID{}
}
