//go:build unix && !linux

package fdlimit

import "golang.org/x/sys/unix"

// openRoot is how to open "/".
const openRoot = unix.O_RDONLY | unix.O_CLOEXEC
