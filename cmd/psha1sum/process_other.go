//go:build !linux

package main

import (
	"errors"
	"io/fs"
	"os"
)

// Elsewhere the process is as the Go runtime makes it: a closed standard stream
// is /dev/null, and signals are treated as every Go program treats them.

func wasClosed(uint) bool { return false }

func restoreProcess() {}

// writeAll writes p whole, or returns the system's error.
func writeAll(f *os.File, p []byte) error {
	_, err := f.Write(p)
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
