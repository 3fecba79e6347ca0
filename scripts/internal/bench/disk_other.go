//go:build !(linux || darwin || freebsd)

package main

import "math"

// freeSpace returns no limit: creating the files will fail if necessary.
func freeSpace(string) (diskRoom, error) {
	return diskRoom{bytes: math.MaxInt64, files: math.MaxInt64}, nil
}
