// Package descriptor has what descriptors are called in the file system, and open(2)
// alone: a file of package os comes with two descriptors more, for a poller.
//
// It knows neither who opens what nor for what.
package descriptor

import (
	"path"
	"strings"
)

// Stdin, Stdout and Stderr stand for the standard streams.
const (
	Stdin  = "/dev/stdin"
	Stdout = "/dev/stdout"
	Stderr = "/dev/stderr"
)

// Below returns what follows in a path behind a directory of this process's descriptors,
// if it leads into one: a number, and perhaps more.
func Below(name string) (rest string, ok bool) {
	if !strings.HasPrefix(name, "/") || !strings.Contains(name, "/fd/") {
		return "", false // nearly every name
	}
	name = path.Clean(name)
	for _, directory := range []string{"/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/"} {
		if rest, ok := strings.CutPrefix(name, directory); ok {
			return rest, true
		}
	}
	return "", false
}
