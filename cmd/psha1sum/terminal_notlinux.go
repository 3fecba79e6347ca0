//go:build unix && !linux

package main

import "golang.org/x/sys/unix"

// foregroundGroup is tcgetpgrp(3).
func foregroundGroup(fd int) (int, error) { return unix.IoctlGetInt(fd, unix.TIOCGPGRP) }
