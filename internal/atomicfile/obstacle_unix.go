//go:build unix && !linux

package atomicfile

import (
	"cmp"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// obstacle reports whether rename(2) can't replace path, if it exists, so that it has
// to be overwritten in place.
func obstacle(path string, exists bool) (inPlace bool, err error) {
	dir, _ := filepath.Split(path)
	var file, parent unix.Stat_t
	if !exists || unix.Lstat(path, &file) != nil || unix.Stat(cmp.Or(dir, "."), &parent) != nil {
		return false, nil
	}
	user := uint32(unix.Geteuid())
	stuck := parent.Mode&unix.S_ISVTX != 0 && user != 0 && file.Uid != user && parent.Uid != user
	return stuck || file.Dev != parent.Dev, nil
}
