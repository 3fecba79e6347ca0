package reader

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// pathOf returns where an open directory is, without links and from the root, or "" if
// that can't be told. It is what the kernel says, which follows the directory when it is
// renamed.
func pathOf(fd int) string {
	buf := make([]byte, unix.PathMax)
	n, err := readlinkat(unix.AT_FDCWD, procDescriptors+strconv.Itoa(fd), buf)
	path := string(buf[:max(n, 0)])
	// What was removed, or is mounted nowhere, has a path that others may have as well.
	if err != nil || n == len(buf) || !strings.HasPrefix(path, "/") || strings.HasSuffix(path, " (deleted)") {
		return ""
	}
	return path
}
