//go:build !linux

package reader

import (
	"errors"
	"io/fs"
)

// unwrapPathError takes off what the os package wraps around the system's error.
func unwrapPathError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
