//go:build !linux

package reader

import (
	"errors"
	"time"
)

// A Ring is a way to read that only Linux has.
type Ring struct{}

// A RingFile is a file that a Ring is asked for, and what became of it.
type RingFile struct {
	Dir  *Dir
	Name string
	Info Info
	Buf  []byte

	State RingState
	N     int
	File  File
}

// RingState is what became of a RingFile.
type RingState uint8

// There is no file of which they are the state.
const (
	RingUnderWay RingState = iota
	RingWhole
	RingOpen
	RingRefused
)

// NewRing fails.
func NewRing(int) (*Ring, error) { return nil, errors.ErrUnsupported }

// Close is never called.
func (r *Ring) Close() {}

// Room is never called.
func (r *Ring) Room() int { return 0 }

// Begin is never called.
func (r *Ring) Begin(*RingFile) {}

// Wait is never called.
func (r *Ring) Wait(time.Duration) int { return 0 }
