//go:build linux

package reader

import (
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// searchOnly opens a directory in which files are looked up, and which needn't be
// readable.
const searchOnly = unix.O_PATH

// standsFor opens a descriptor that only stands for a file of any kind.
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

// hasOpenat2 reports whether openat2(2) works: it does since Linux 5.6, unless a filter
// of system calls forbids it.
var hasOpenat2 = sync.OnceValue(func() bool {
	fd, err := unix.Openat2(unix.AT_FDCWD, ".", withoutLinks(unix.O_PATH|unix.O_CLOEXEC))
	if err == nil {
		unix.Close(fd)
	}
	return err != unix.ENOSYS && err != unix.EPERM
})

// isMagic reports whether a link is in /proc: those below /proc/PID/fd stand for what a
// process has open, whatever they say.
func isMagic(link *unix.Stat_t) bool { return procDevice() == uint64(link.Dev) }

// procDevice is the device number of /proc, or 0.
var procDevice = sync.OnceValue(func() uint64 {
	var fs unix.Statfs_t
	var st unix.Stat_t
	if unix.Statfs("/proc", &fs) != nil || fs.Type != unix.PROC_SUPER_MAGIC || unix.Stat("/proc", &st) != nil {
		return 0
	}
	return uint64(st.Dev)
})

// openUnknown opens a file that didn't exist or couldn't be looked at before. If its name
// stands for a descriptor now, that is one of our own, which the caller can't mean.
func (d *Dir) openUnknown(name string) (handle, error) {
	if len(name) > longestName || d != nil && d.rule != Anything || !hasOpenat2() {
		return d.open(name, true)
	}
	how := openHow(unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, unix.RESOLVE_NO_MAGICLINKS)
	fd := -1
	err := ignoringEINTR(func() (err error) {
		fd, err = unix.Openat2(d.dirfd(), name, how)
		return err
	})
	switch err {
	case nil:
		return handle(fd), nil
	case unix.EAGAIN:
		return d.open(name, false)
	case unix.ELOOP:
		var st unix.Stat_t
		if err = d.statAt(name, &st, 0); err == nil {
			err = unix.ENOENT
		}
	}
	return -1, err
}

// adviseSequential has the system read further ahead.
func (h handle) adviseSequential() { _ = unix.Fadvise(int(h), 0, 0, unix.FADV_SEQUENTIAL) }

// dropCache has the page cache drop the file's first n bytes. Dirty pages are kept.
func (h handle) dropCache(n int64) { _ = unix.Fadvise(int(h), 0, n, unix.FADV_DONTNEED) }

// pathOf returns the path of an open directory, without links and from the root, or "" if
// it isn't known. The kernel tells it, and follows the directory when it is renamed.
func pathOf(fd int) string {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(unix.AT_FDCWD, procDescriptors+strconv.Itoa(fd), buf)
	path := string(buf[:max(n, 0)])
	// The path of a directory that was removed or unmounted may be another's as well.
	if err != nil || n == len(buf) || !strings.HasPrefix(path, "/") || strings.HasSuffix(path, " (deleted)") {
		return ""
	}
	return path
}
