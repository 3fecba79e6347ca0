package atomicfile

import (
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// openNameless creates a file without a name in a directory, or returns nil. The reason
// is better reported by the attempt to create one with a name: file systems without
// O_TMPFILE return several errors.
func openNameless(dir string, mode fs.FileMode) *os.File {
	// Readable too, in case it has to be copied.
	f, err := openFile(dir, unix.O_TMPFILE|unix.O_RDWR, mode)
	if err != nil {
		return nil
	}
	return f
}

// linkNameless gives such a file a name, unless that exists. It uses /proc, because
// AT_EMPTY_PATH requires privileges before Linux 6.10.
func linkNameless(f *os.File, name string) error {
	path := "/proc/self/fd/" + strconv.Itoa(int(f.Fd()))
	return unix.Linkat(unix.AT_FDCWD, path, unix.AT_FDCWD, name, unix.AT_SYMLINK_FOLLOW)
}
