//go:build !linux

package reader

import (
	"errors"
	"time"
)

// FileSystem returns that of an open file: here nothing is known of any.
func (f *File) FileSystem() (FileSystem, error) { return FileSystem{}, nil }

func (f *File) isOn(FileSystem) bool { return false }

// Unwritten reports whether nobody can be writing to an open file: here that can't be
// known.
func (f *File) Unwritten() bool { return false }

// A Lookout looks at files that directories list as regular ones. Here it can't do
// that without following links.
type Lookout struct{}

// Look returns errors.ErrUnsupported.
func (*Lookout) Look(*Dir, string, time.Time) (Info, error) { return Info{}, errors.ErrUnsupported }

// Close does nothing.
func (*Lookout) Close() {}
