package reader

import (
	"sync"

	"golang.org/x/sys/unix"
)

// searchOnly opens a directory in which files are looked up, and which may be
// unreadable.
const searchOnly = unix.O_PATH

// standsFor opens a descriptor that only stands for a file, whatever that is.
const standsFor = unix.O_PATH

// openWithoutLinks is openat(2) that follows no link, if hasOpenat2.
func openWithoutLinks(dirfd int, name string, flags int) (int, error) {
	return unix.Openat2(dirfd, name, withoutLinks(flags))
}

func withoutLinks(flags int) *unix.OpenHow { return openHow(flags, unix.RESOLVE_NO_SYMLINKS) }

func openHow(flags int, resolve uint64) *unix.OpenHow {
	if flags&unix.O_PATH == 0 { // with which openat2(2) takes hardly any other
		flags |= unix.O_LARGEFILE
	}
	return &unix.OpenHow{Flags: uint64(flags), Resolve: resolve}
}

// hasOpenat2 reports whether there is openat2(2): since Linux 5.6, and if no
// filter of system calls forbids it.
var hasOpenat2 = sync.OnceValue(func() bool {
	fd, err := unix.Openat2(unix.AT_FDCWD, ".", withoutLinks(unix.O_PATH|unix.O_CLOEXEC))
	if err == nil {
		unix.Close(fd)
	}
	return err != unix.ENOSYS && err != unix.EPERM
})
