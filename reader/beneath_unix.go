//go:build unix

package reader

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// lookBeneath is Look by the rule Beneath. It tells nothing about what Open refuses.
func (d *Dir) lookBeneath(name string) (Info, error) {
	var st unix.Stat_t
	err := d.statBeneath(name, &st)
	if err == nil {
		err = refusedType(&st)
	}
	if err != nil {
		return Info{}, err
	}
	return infoOf(&st), nil
}

// refusedType returns why the rule Beneath refuses a file. For a directory it is the
// error of reading one.
func refusedType(st *unix.Stat_t) error {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return nil
	case unix.S_IFDIR:
		return unix.EISDIR
	}
	return ErrNotRegular
}

// openSame opens a file that was looked at before, by its name and without waiting. If
// it isn't the same regular file any more it is refused. If a FIFO replaced it, that was
// open for an instant.
func (d *Dir) openSame(name string, seen *unix.Stat_t) (handle, error) {
	fd, err := d.openAt(name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC)
	if err != nil {
		return -1, err
	}
	var st unix.Stat_t
	err = unix.Fstat(fd, &st)
	if err == nil && (idOf(&st) != idOf(seen) || refusedType(&st) != nil) {
		err = ErrReplaced
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return handle(fd), nil
}

// openByWalk is openat(2) of a name that walk follows.
func (d *Dir) openByWalk(name string, flags int) (fd int, err error) {
	err = d.walk(name, func(dirfd int, last string) error {
		// A link that was put there since is not followed.
		fd, err = unix.Openat(dirfd, last, flags|unix.O_NOFOLLOW, 0)
		return err
	})
	if err != nil {
		return -1, err
	}
	return fd, nil
}

// maxLinks is how many links a name may lead through, as on Linux.
const maxLinks = 40

// walk follows a name part by part, never out of the directory, and calls do with the
// open directory that holds the last part, which was no link when it was looked at. It
// holds at most two descriptors.
//
// Each directory is opened in the one before, and the system never follows a link, so
// replacing parts of the name meanwhile doesn't divert the walk. Where a link says "..",
// the walk starts again without the part before: the parent of an open directory may be
// anywhere by now.
func (d *Dir) walk(name string, do func(dirfd int, last string) error) error {
	switch {
	case name == "":
		return unix.ENOENT
	case len(name) >= unix.PathMax:
		return unix.ENAMETOOLONG
	}
	w := walk{base: d.dirfd(), dir: d.dirfd(), parts: partsOf(name)}
	defer w.restart() // closes what is open
	for {
		arrived, err := w.step()
		if err != nil {
			return err
		}
		if arrived {
			return do(w.dir, w.parts[w.at])
		}
	}
}

// A walk is on its way from a directory to a file.
type walk struct {
	base  int      // the directory's descriptor, which the walk doesn't close
	parts []string // of the name, with links replaced by what they say
	at    int      // how many parts led to dir
	dir   int      // the descriptor of where it is
	links int      // followed so far
}

// partsOf splits a name. If only a directory can have it, the last part is ".".
func partsOf(name string) (parts []string) {
	last := ""
	for last = range strings.SplitSeq(name, "/") {
		if last != "" && last != "." {
			parts = append(parts, last)
		}
	}
	if last == "" || last == "." {
		parts = append(parts, ".")
	}
	return parts
}

// restart goes back to the base.
func (w *walk) restart() {
	if w.dir != w.base {
		unix.Close(w.dir)
	}
	w.dir, w.at = w.base, 0
}

// step takes the next part, and reports whether the walk has arrived at the last.
func (w *walk) step() (arrived bool, err error) {
	part, last := w.parts[w.at], w.at == len(w.parts)-1
	switch {
	case part == "..":
		return false, w.up()
	case part == "." && !last:
		w.parts = slices.Delete(w.parts, w.at, w.at+1)
		return false, nil
	}
	var st unix.Stat_t
	err = ignoringEINTR(func() error { return unix.Fstatat(w.dir, part, &st, unix.AT_SYMLINK_NOFOLLOW) })
	switch {
	case err != nil:
		return false, err
	case st.Mode&unix.S_IFMT == unix.S_IFLNK:
		return false, w.follow(part)
	case last:
		return true, nil
	}
	return false, w.down(part)
}

// down enters a directory.
func (w *walk) down(part string) error {
	next := -1
	err := ignoringEINTR(func() (err error) {
		next, err = unix.Openat(w.dir, part, searchOnly|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return err
	}
	if w.dir != w.base {
		unix.Close(w.dir)
	}
	w.dir = next
	w.at++
	return nil
}

// up drops the directory in which the walk is, and its "..", from the name.
func (w *walk) up() error {
	if w.at == 0 {
		return ErrOutside
	}
	last := w.at == len(w.parts)-1
	w.parts = slices.Delete(w.parts, w.at-1, w.at+1)
	if last {
		w.parts = append(w.parts, ".")
	}
	w.restart()
	return nil
}

// follow replaces a link with what it says.
func (w *walk) follow(part string) error {
	w.links++
	if w.links > maxLinks {
		return unix.ELOOP
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(w.dir, part, buf)
	switch {
	case err != nil:
		return err
	case n == 0:
		return unix.ENOENT
	case buf[0] == '/' || linksAreMagic(w.dir):
		return ErrOutside
	}
	w.parts = slices.Concat(w.parts[:w.at], partsOf(string(buf[:n])), w.parts[w.at+1:])
	return nil
}
