//go:build unix

package console

import (
	"os"

	"golang.org/x/sys/unix"
)

// isTerminal reports whether a file is a terminal.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}

// columnsOf is how wide a terminal is.
func columnsOf(f *os.File) int {
	const usual = 80
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 {
		return usual // it doesn't know, as over a serial line
	}
	return int(size.Col)
}

// inForeground reports whether this process is of the job to which a terminal
// belongs. ok is false if the terminal has no jobs of ours.
func inForeground(f *os.File) (yes, ok bool) {
	group, err := foregroundGroup(int(f.Fd()))
	mine, _ := unix.Getpgid(0) // of ourselves it can't fail; Getpgrp isn't the same everywhere
	return group == mine, err == nil
}

// takesLines reports whether a terminal is as programs find it that print lines. One
// that has the whole screen, such as a pager, reads each key at once.
func takesLines(f *os.File) bool {
	modes, err := unix.IoctlGetTermios(int(f.Fd()), getModes)
	return err == nil && modes.Lflag&unix.ICANON != 0
}

// isWritable reports whether a terminal takes something now. Where somebody has
// stopped it, with ^S, it doesn't.
func isWritable(f *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLOUT}}
	n, err := unix.Poll(fds, 0)
	return n == 1 && err == nil && fds[0].Revents&unix.POLLOUT != 0
}
