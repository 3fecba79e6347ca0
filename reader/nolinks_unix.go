//go:build unix

package reader

import (
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// openNoLinks is openat(2) by the rule NoLinks.
func (d *Dir) openNoLinks(name string, flags int) (int, error) {
	if hasOpenat2() {
		return openWithoutLinks(d.dirfd(), name, flags)
	}
	dir, last := splitLast(name)
	if d.near == nil || dir == "" || flags&unix.O_DIRECTORY != 0 {
		return d.openStepwise(name, flags)
	}
	// A directory that has one file mostly has others.
	fd := -1
	c, err := d.near.enter(d, dir, time.Now())
	if err == nil {
		fd, err = openNoLink(int(c.handle), last, flags)
		d.near.leave(c)
	}
	if err != nil && OutOfDescriptors(err) {
		d.near.forget() // which may hold the last ones
		return d.openStepwise(name, flags)
	}
	return fd, err
}

// newNear returns the cache of directories below one with that rule, or nil if it needs
// none, as with openat2(2).
func newNear(rule Rule) *DirCache {
	if rule != NoLinks || hasOpenat2() {
		return nil
	}
	return &DirCache{}
}

// openStepwise is openat(2) by the rule NoLinks, for systems without openat2(2). Each
// directory of the name is opened in the one before, so replacing one of them with a
// link meanwhile doesn't divert it.
func (d *Dir) openStepwise(name string, flags int) (int, error) {
	dirfd := d.dirfd()
	switch {
	case name == "":
		return -1, unix.ENOENT
	case len(name) >= unix.PathMax:
		return -1, unix.ENAMETOOLONG
	}
	dir := dirfd
	enter := func(part string) error {
		next, err := openNoLink(dir, part, searchOnly|unix.O_DIRECTORY|unix.O_CLOEXEC)
		if err != nil {
			return err
		}
		if dir != dirfd {
			unix.Close(dir)
		}
		dir = next
		return nil
	}
	defer func() {
		if dir != dirfd {
			unix.Close(dir)
		}
	}()
	if name[0] == '/' {
		if err := enter("/"); err != nil {
			return -1, err
		}
	}
	for {
		part, rest, more := strings.Cut(name, "/")
		switch {
		case !more && part == "": // what ends with a slash is a directory
			return openNoLink(dir, ".", flags)
		case !more:
			return openNoLink(dir, part, flags)
		}
		name = rest
		if part == "" || part == "." {
			continue
		}
		if err := enter(part); err != nil {
			return -1, err
		}
	}
}

// openNoLink is openat(2) of a name without directories that follows no link. For a link
// the error is ELOOP, as with openat2(2); systems have several others.
func openNoLink(dirfd int, name string, flags int) (int, error) {
	fd, err := unix.Openat(dirfd, name, flags|unix.O_NOFOLLOW, 0)
	var st unix.Stat_t
	switch {
	case err == nil && flags&standsFor != 0: // O_PATH opens links as well
		if err = unix.Fstat(fd, &st); err == nil && isLinkStat(&st) {
			err = unix.ELOOP
		}
		if err != nil {
			unix.Close(fd)
		}
	case err == nil, err == unix.EINTR:
	case unix.Fstatat(dirfd, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && isLinkStat(&st):
		err = unix.ELOOP
	}
	if err != nil {
		return -1, err
	}
	return fd, nil
}

func isLinkStat(st *unix.Stat_t) bool { return st.Mode&unix.S_IFMT == unix.S_IFLNK }

// statWithoutLinks is fstatat(2) by the rule NoLinks. For a link the error is ELOOP.
func (d *Dir) statWithoutLinks(name string, st *unix.Stat_t) error {
	dir, last := splitLast(name)
	fd := d.dirfd()
	if dir != "" {
		var err error
		if fd, err = d.openAt(dir, searchOnly|unix.O_DIRECTORY|unix.O_CLOEXEC); err != nil {
			return err
		}
		defer unix.Close(fd)
	}
	return dirHandle(fd).statNoLink(last, st)
}

// statNoLink is fstatat(2) of a file in the directory. For a link the error is ELOOP.
func (h dirHandle) statNoLink(name string, st *unix.Stat_t) error {
	err := ignoringEINTR(func() error { return unix.Fstatat(int(h), name, st, unix.AT_SYMLINK_NOFOLLOW) })
	if err == nil && isLinkStat(st) {
		return unix.ELOOP
	}
	return err
}

func (h dirHandle) lookNoLink(name string) (Info, error) {
	var st unix.Stat_t
	if err := h.statNoLink(name, &st); err != nil {
		return Info{}, err
	}
	return infoOf(&st), nil
}

// splitLast takes the last part off a name. If the name ends with a slash, dir is all of
// it, and last is ".".
func splitLast(name string) (dir, last string) {
	slash := strings.LastIndexByte(name, '/')
	if slash >= 0 && slash == len(name)-1 {
		return name, "."
	}
	return name[:slash+1], name[slash+1:]
}
