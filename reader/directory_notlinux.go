//go:build unix && !linux

package reader

import "golang.org/x/sys/unix"

// searchOnly opens a directory in which files are looked up.
const searchOnly = unix.O_RDONLY

// standsFor would open a descriptor that only stands for a file.
const standsFor = 0

// hasOpenat2 says that no system call follows a name and no link in it.
func hasOpenat2() bool { return false }

func openWithoutLinks(int, string, int) (int, error) { return -1, unix.ENOSYS }

// isMagic reports whether a link leads elsewhere than it says.
func isMagic(*unix.Stat_t) bool { return false }

// openUnknown opens a file that couldn't be looked at before.
func (d *Dir) openUnknown(name string) (handle, error) { return d.open(name, true) }

// pathOf would return where an open directory is.
func pathOf(int) string { return "" }
