//go:build unix && !linux && !solaris && !aix

package main

import "golang.org/x/sys/unix"

// getModes is what tcgetattr(3) calls.
const getModes = unix.TIOCGETA
