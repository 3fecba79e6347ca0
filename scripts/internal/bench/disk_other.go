//go:build !(linux || darwin || freebsd)

package main

import "math"

// freeSpace has to assume the best: making the files will tell.
func freeSpace(string) (diskRoom, error) {
	return diskRoom{bytes: math.MaxInt64, files: math.MaxInt64}, nil
}
