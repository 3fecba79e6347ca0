//go:build unix && !linux

package console

import "golang.org/x/sys/unix"

// foregroundGroup is tcgetpgrp(3).
func foregroundGroup(fd int) (int, error) { return unix.IoctlGetInt(fd, unix.TIOCGPGRP) }

// getModes is the request of tcgetattr(3).
const getModes = unix.TIOCGETA
