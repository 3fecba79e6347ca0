//go:build unix && !linux

package reader

import "golang.org/x/sys/unix"

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
