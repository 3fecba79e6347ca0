//go:build !linux

package process

import (
	"errors"
	"io/fs"
	"os"
)

// On other systems the process stays as the Go runtime makes it: a closed standard
// stream is /dev/null, and signals are handled as in every Go program.

// Restore does nothing.
func (Inherited) Restore() {}

// WriteAll writes all of p or returns the system's error.
func WriteAll(f *os.File, p []byte) error {
	_, err := f.Write(p)
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
