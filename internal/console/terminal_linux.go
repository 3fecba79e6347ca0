package console

import "golang.org/x/sys/unix"

// foregroundGroup is tcgetpgrp(3). The kernel's pid_t is not an int.
func foregroundGroup(fd int) (int, error) {
	group, err := unix.IoctlGetUint32(fd, unix.TIOCGPGRP)
	return int(group), err
}

// getModes is the request of tcgetattr(3).
const getModes = unix.TCGETS
