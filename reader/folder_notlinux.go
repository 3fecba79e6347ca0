//go:build unix && !linux

package reader

import "golang.org/x/sys/unix"

// searchOnly opens a directory in which files are looked up.
const searchOnly = unix.O_RDONLY

// openWithoutLinks is openat(2) that follows no link in the last part of a name.
func openWithoutLinks(dirfd int, name string, flags int) (int, error) {
	return unix.Openat(dirfd, name, flags|unix.O_NOFOLLOW, 0)
}

// isMagic reports whether a link leads elsewhere than it says.
func isMagic(*unix.Stat_t) bool { return false }

// openUnseen opens a file that couldn't be looked at before.
func (d *Folder) openUnseen(name string) (handle, error) { return d.open(name, true) }
