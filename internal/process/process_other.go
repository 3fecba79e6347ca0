//go:build !linux

package process

import (
	"errors"
	"io/fs"
	"os"
)

// Elsewhere the process is as the Go runtime makes it: a closed standard stream
// is /dev/null, and signals are treated as every Go program treats them.

// Restore does nothing.
func (Inherited) Restore() {}

// WriteAll writes p whole, or returns the system's error.
func WriteAll(f *os.File, p []byte) error {
	_, err := f.Write(p)
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
