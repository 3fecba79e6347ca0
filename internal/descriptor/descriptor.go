// Package descriptor knows the names that descriptors have in the file system, and
// provides a bare open(2), without the two poller descriptors that opening a file with
// package os may take.
//
// It doesn't know who opens a file or why.
package descriptor

import (
	"path"
	"strings"
)

// Stdin, Stdout and Stderr are the file names of the standard streams.
const (
	Stdin  = "/dev/stdin"
	Stdout = "/dev/stdout"
	Stderr = "/dev/stderr"
)

// Below returns the part of name after a directory of this process's descriptors, such as
// /dev/fd/, if name begins with one: a number, and perhaps more.
func Below(name string) (rest string, ok bool) {
	if !strings.HasPrefix(name, "/") || !strings.Contains(name, "/fd/") {
		return "", false // the common case
	}
	name = path.Clean(name)
	for _, directory := range []string{"/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/"} {
		if rest, ok := strings.CutPrefix(name, directory); ok {
			return rest, true
		}
	}
	return "", false
}
