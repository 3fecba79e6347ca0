package reader

import "time"

// A Ring reads many small files in a few calls of the system: each is opened, read
// and closed without ever having a descriptor. It is used by one goroutine at a time.
// Only Linux has rings.
type Ring struct{ ring }

// A RingFile is a file that a Ring is asked for, and what became of it. From Begin
// until Wait has said so it is the ring's, and so is the buffer.
type RingFile struct {
	// Dir, Name and Info are as for Dir.Open; Dir.ForRing said yes.
	Dir  *Dir
	Name string
	Info Info
	// Buf is filled up to its capacity.
	Buf []byte

	// State says what became of it. Of N bytes in Buf something is said by some of
	// the states.
	State RingState
	N     int
	// File is open, if the state is RingOpen, and read so far.
	File File

	index int
	path  []byte // the name and a zero byte
}

// RingState is what became of a RingFile.
type RingState uint8

const (
	// RingUnderWay is the state until something is known.
	RingUnderWay RingState = iota
	// RingWhole says that the file was N bytes long, which are in the buffer. It
	// has been closed.
	RingWhole
	// RingOpen says that the file is open, that N bytes of it are in the buffer, and
	// that something is to be looked into: it changed, is longer than the buffer, or
	// had an error.
	RingOpen
	// RingRefused says that the ring could not open the file. Open tells why.
	RingRefused
)

// ForRing reports whether a file is one for Ring.Begin: there is room for more
// than its size, as far as that is known. A ring doesn't know the rule Beneath.
func (d *Dir) ForRing(info Info, room int) bool {
	return !d.isBeneath() && info.Kind == Plain && !info.mayBlock && (info.unstatted || info.Size > 0 && info.Size < int64(room))
}

// NewRing makes a ring for so many files at a time, if the system allows it.
func NewRing(files int) (*Ring, error) { return newRing(files) }

// Close ends the ring. No file may be under way.
func (r *Ring) Close() { r.close() }

// Room is how many files may be begun now.
func (r *Ring) Room() int { return r.room() }

// Begin has the ring open a file in a directory and read it into the buffer. Nothing
// happens before Wait.
//
// The file ends where its size says, or, if a directory's word is all that is known,
// where a read brings nothing. What closing it says is lost: on a local disk that is
// nothing.
func (r *Ring) Begin(f *RingFile) { r.begin(f) }

// Wait has the kernel work on what was begun until all of it is over, or for that
// time at the most, and returns how many files are still under way. Of all others
// the state says what became of them.
func (r *Ring) Wait(patience time.Duration) int { return r.wait(patience) }
