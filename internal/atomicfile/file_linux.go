package atomicfile

import (
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// openNameless makes a file in a directory that no name leads to, and returns nil if
// it can't. Why not is better told by the attempt to make one with a name: some
// systems of files don't know such a thing, and say so in several ways.
func openNameless(dir string, mode fs.FileMode) *os.File {
	// To be read as well, for the case that it can't be linked.
	f, err := openFile(dir, unix.O_TMPFILE|unix.O_RDWR, mode)
	if err != nil {
		return nil
	}
	return f
}

// linkNameless gives such a file a name, unless there is one of that name. It goes
// by /proc, since only the superuser may do without (AT_EMPTY_PATH) before Linux
// 6.10.
func linkNameless(f *os.File, name string) error {
	path := "/proc/self/fd/" + strconv.Itoa(int(f.Fd()))
	return unix.Linkat(unix.AT_FDCWD, path, unix.AT_FDCWD, name, unix.AT_SYMLINK_FOLLOW)
}
