//go:build unix

package pipeline

import "golang.org/x/sys/unix"

// countSleeps returns how many times the process's threads have slept so far to wait
// for something, or a negative number if this is unknown.
func countSleeps() int64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return -1
	}
	return int64(u.Nvcsw)
}
