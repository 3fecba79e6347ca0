//go:build unix

package reader

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// lookBeneath is Look by the rule Beneath. What Open refuses is nothing that
// anybody may know more of.
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

// refusedType returns why a file isn't opened by the rule Beneath. Of a directory
// it is what reading it would say.
func refusedType(st *unix.Stat_t) error {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return nil
	case unix.S_IFDIR:
		return unix.EISDIR
	}
	return ErrNotRegular
}

// openSame opens a file that was looked at before, by its name and not waiting
// for anything. It is a regular file and no other, or refused: it may have been
// replaced, by a FIFO even, which then was open for an instant.
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

// openByWalk is openat(2) of a name that is walked.
func (d *Dir) openByWalk(name string, flags int) (fd int, err error) {
	err = d.walk(name, func(dirfd int, last string) error {
		// A link that has come here since is not followed.
		fd, err = unix.Openat(dirfd, last, flags|unix.O_NOFOLLOW, 0)
		return err
	})
	if err != nil {
		return -1, err
	}
	return fd, nil
}

// maxLinks is how many links a name may lead through, as Linux counts.
const maxLinks = 40

// walk goes where a name leads, one part after the other and never out of the
// directory, and calls do with the open directory in which the last part is, which
// was no link when it was looked at. It holds two descriptors at the most.
//
// Each directory is opened in the one before, and no link is ever followed by
// the system, so that nobody can turn the walk aside who replaces parts of it
// meanwhile. Where a link says "..", the walk begins anew, by a way that leaves
// out the part before: the directory above an open one may be anywhere by now.
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
	base  int      // the directory
	parts []string // the whole way, without the links that were met
	at    int      // how many of them led to dir
	dir   int      // open; the base is not ours
	links int      // met so far
}

// partsOf takes a name apart. If only a directory can have it, the last part is
// ".".
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

// restart goes back to the directory.
func (w *walk) restart() {
	if w.dir != w.base {
		unix.Close(w.dir)
	}
	w.dir, w.at = w.base, 0
}

// step deals with the next part, and reports whether it is the last.
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

// up leaves out the directory in which the walk is.
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

// follow puts what a link says in its place.
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
