//go:build unix && !linux

package reader

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// searchOnly opens a directory in which files are looked up.
const searchOnly = unix.O_RDONLY

// standsFor: there are no descriptors that only stand for a file.
const standsFor = 0

// hasOpenat2: these systems don't have it.
func hasOpenat2() bool { return false }

func openWithoutLinks(int, string, int) (int, error) { return -1, unix.ENOSYS }

// isMagic reports whether a link leads elsewhere than it says.
func isMagic(*unix.Stat_t) bool { return false }

// openUnknown opens a file that couldn't be looked at before.
func (d *Dir) openUnknown(name string) (handle, error) { return d.open(name, true) }

// pathOf: the path of an open directory isn't known.
func pathOf(int) string { return "" }

// openBeneath is openat(2) by the rule Beneath.
func (d *Dir) openBeneath(name string, flags int) (int, error) {
	if err := refusedName(name); err != nil {
		return -1, err
	}
	return d.openByWalk(name, flags)
}

// openRegular opens a file by the rule Beneath, if it is a regular one.
func (d *Dir) openRegular(name string) (handle, error) {
	var st unix.Stat_t
	if err := d.statBeneath(name, &st); err != nil {
		return -1, err
	}
	if err := refusedType(&st); err != nil {
		return -1, err
	}
	return d.openSame(name, &st)
}

// statBeneath is fstatat(2) by the rule Beneath.
func (d *Dir) statBeneath(name string, st *unix.Stat_t) error {
	if err := refusedName(name); err != nil {
		return err
	}
	return d.walk(name, func(dirfd int, last string) error {
		return ignoringEINTR(func() error { return unix.Fstatat(dirfd, last, st, unix.AT_SYMLINK_NOFOLLOW) })
	})
}

// linksAreMagic reports whether the links in a directory don't lead where they
// say.
func linksAreMagic(int) bool { return false }

// readEntries reads what an open directory of that name lists, and closes it.
func readEntries(fd int, path string, how Listing) (entries []Entry, err error) {
	f := os.NewFile(uintptr(fd), filepath.Clean(path))
	defer f.Close()
	names, err := f.Readdirnames(-1)
	for _, name := range names {
		kind, inode := entryType(fd, name, how.Follow)
		entries = append(entries, Entry{Name: name, Type: kind, Inode: inode})
	}
	if how.Most > 0 && len(entries) > how.Most {
		return nil, ErrTooMany
	}
	return entries, unwrapPathError(err)
}

// These systems get no advice about how a file is read.

func (h handle) adviseSequential() {}

func (h handle) dropCache(int64) {}
