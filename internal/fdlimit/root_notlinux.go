//go:build unix && !linux

package fdlimit

import "golang.org/x/sys/unix"

// openRoot has the flags for opening "/".
const openRoot = unix.O_RDONLY | unix.O_CLOEXEC
