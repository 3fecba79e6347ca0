//go:build unix && !solaris && !aix

package reader

import "golang.org/x/sys/unix"

// readlinkat is readlinkat(2).
func readlinkat(dirfd int, name string, buf []byte) (int, error) {
	return unix.Readlinkat(dirfd, name, buf)
}
