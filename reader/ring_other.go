//go:build !linux

package reader

import "errors"

// A Ring is a way to read that only Linux has.
type Ring struct{}

// A RingRequest is what a Ring is asked for.
type RingRequest struct{}

// RingOwner is told what became of a small file.
type RingOwner interface {
	Whole(n int)
	Partly(f File, n int)
	Refused()
}

// NewRing fails.
func NewRing(int) (*Ring, error) { return nil, errors.ErrUnsupported }

// Close is never called.
func (r *Ring) Close() {}

// ReadFile is never called.
func (r *Ring) ReadFile(*RingRequest, *Folder, string, Info, []byte, RingOwner) {}

func (r *Ring) read(h handle, buf []byte, _ int64) (int, error) { return h.read(buf) }
