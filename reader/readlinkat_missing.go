//go:build solaris || aix

package reader

import "golang.org/x/sys/unix"

// readlinkat would be readlinkat(2), which package unix lacks for these systems.
// By the rule Beneath they follow no links at all.
func readlinkat(int, string, []byte) (int, error) { return 0, unix.ELOOP }
