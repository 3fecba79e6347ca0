package atomicfile

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// obstacle reports what keeps rename(2) from replacing path, if it exists: whether it
// has to be overwritten in place, or an error if it can't be replaced at all.
func obstacle(path string, exists bool) (inPlace bool, err error) {
	dir, _ := filepath.Split(path)
	dir = cmp.Or(dir, ".")
	switch {
	case isAppendOnly(dir):
		return false, errAppendOnlyDirectory
	case !exists:
		return false, nil
	case isAppendOnly(path):
		return false, errAppendOnly
	}
	return isMountPoint(path, dir) || isStuck(path, dir), nil
}

// isAppendOnly reports whether a file or directory is append-only (chattr +a).
func isAppendOnly(path string) bool {
	var st unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, unix.AT_NO_AUTOMOUNT, 0, &st)
	if err == nil && st.Attributes_mask&unix.STATX_ATTR_APPEND != 0 {
		return st.Attributes&unix.STATX_ATTR_APPEND != 0
	}
	// Before Linux 4.11, or not supported by the file system.
	f, err := openFile(path, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	const appendOnly = 0x20 // FS_APPEND_FL
	flags, err := unix.IoctlGetUint32(int(f.Fd()), unix.FS_IOC_GETFLAGS)
	return err == nil && flags&appendOnly != 0
}

// isMountPoint reports whether a file is a mount point.
func isMountPoint(path, dir string) bool {
	var st unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, unix.AT_NO_AUTOMOUNT, 0, &st)
	if err == nil && st.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT != 0 {
		return st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
	}
	// Before Linux 5.8.
	file, ok := mountOf(path)
	of, known := mountOf(dir)
	return ok && known && file != of
}

// mountOf returns the ID of the mount that a file is on: see proc(5).
func mountOf(path string) (number string, ok bool) {
	f, err := openFile(path, unix.O_PATH, 0)
	if err != nil {
		return "", false
	}
	defer f.Close()
	text, err := os.ReadFile("/proc/self/fdinfo/" + strconv.Itoa(int(f.Fd())))
	if err != nil {
		return "", false
	}
	for line := range bytes.Lines(text) {
		if after, ok := bytes.CutPrefix(line, []byte("mnt_id:")); ok {
			return string(bytes.TrimSpace(after)), true
		}
	}
	return "", false
}

// isStuck reports whether a file may not be removed although its directory is writable:
// the directory is sticky, and both belong to others.
func isStuck(path, dir string) bool {
	var file, parent unix.Stat_t
	if unix.Lstat(path, &file) != nil || unix.Stat(dir, &parent) != nil {
		return false
	}
	user := uint32(unix.Geteuid())
	if parent.Mode&unix.S_ISVTX == 0 || file.Uid == user || parent.Uid == user {
		return false
	}
	// Only the kernel knows the effect of capabilities and user namespaces. rmdir(2)
	// checks permission before it finds that the file is not a directory.
	return unix.Rmdir(path) == unix.EPERM
}
