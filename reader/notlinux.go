//go:build !linux

package reader

import (
	"errors"
	"io/fs"
	"time"
)

// ring is not available on this system.
type ring struct{}

func newRing(int) (*Ring, error) { return nil, errors.ErrUnsupported }

func (*ring) close() {}

func (*ring) room() int { return 0 }

func (*ring) begin(*RingFile) {}

func (*ring) wait(time.Duration) int { return 0 }

// unwrapPathError takes off what the os package wraps around the system's error.
func unwrapPathError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
