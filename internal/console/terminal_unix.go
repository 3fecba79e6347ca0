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

// columnsOf returns the width of a terminal.
func columnsOf(f *os.File) int {
	const usual = 80
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 {
		return usual // the width is unknown, as on a serial line
	}
	return int(size.Col)
}

// inForeground reports whether this process is in the foreground process group of the
// terminal. ok is false if it isn't our controlling terminal.
func inForeground(f *os.File) (yes, ok bool) {
	group, err := foregroundGroup(int(f.Fd()))
	mine, _ := unix.Getpgid(0) // can't fail for this process; Getpgrp has different signatures
	return group == mine, err == nil
}

// takesLines reports whether a terminal is in canonical mode. Programs that use the whole
// screen, such as pagers, switch it off to read single keys.
func takesLines(f *os.File) bool {
	modes, err := unix.IoctlGetTermios(int(f.Fd()), getModes)
	return err == nil && modes.Lflag&unix.ICANON != 0
}

// isWritable reports whether a write to the terminal would not block. It would block
// after ^S.
func isWritable(f *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLOUT}}
	n, err := unix.Poll(fds, 0)
	return n == 1 && err == nil && fds[0].Revents&unix.POLLOUT != 0
}
