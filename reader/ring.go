package reader

import "time"

// A Ring reads many small files with few system calls, through io_uring(7): each is
// opened, read and closed without ever having a descriptor. It is used by one goroutine
// at a time. Only Linux has rings.
type Ring struct{ ring }

// A RingFile is a file that a Ring is asked to read, and the result. It and its buffer
// belong to the ring from Begin until Wait has returned with another State than
// RingUnderWay.
type RingFile struct {
	// Dir, Name and Info are as for Dir.Open; Dir.ForRing must be true.
	Dir  *Dir
	Name string
	Info Info
	// Buf is filled up to its capacity.
	Buf []byte

	// State is the result. N is how many bytes are in Buf, for states that say so.
	State RingState
	N     int
	// File is open, behind the first N bytes, if the state is RingOpen.
	File File

	index int
	path  []byte // the name and a zero byte
}

// RingState is the result of a RingFile.
type RingState uint8

const (
	// RingUnderWay is the state until something is known.
	RingUnderWay RingState = iota
	// RingWhole says that the file was N bytes long, which are in the buffer. It
	// has been closed.
	RingWhole
	// RingOpen says that the file is open, that N bytes of it are in the buffer, and
	// that the rest is for read(2): it changed, is longer than the buffer, or had an
	// error.
	RingOpen
	// RingRefused says that the ring couldn't open the file. Dir.Open returns why.
	RingRefused
)

// ForRing reports whether a file is one for Ring.Begin, with a buffer of that capacity:
// it must be greater than the file's size, if that is known. Rings don't know the rule
// Beneath.
func (d *Dir) ForRing(info Info, room int) bool {
	return !d.isBeneath() && info.Kind == Plain && !info.mayBlock && (info.unstatted || info.Size > 0 && info.Size < int64(room))
}

// NewRing makes a ring for that many files at a time, if the system allows it.
func NewRing(files int) (*Ring, error) { return newRing(files) }

// Close closes the ring. No file may be under way.
func (r *Ring) Close() { r.close() }

// Room is how many files may be begun now.
func (r *Ring) Room() int { return r.room() }

// Begin asks the ring to open a file and read it into the buffer. Nothing happens before
// Wait.
//
// The file ends where its size says or, with the info of FromDirent, where a read returns
// 0. Errors of closing it are lost: on a local disk there are none.
func (r *Ring) Begin(f *RingFile) { r.begin(f) }

// Wait has the kernel work on what was begun until everything is done, or for at most
// that time, and returns how many files are still under way.
func (r *Ring) Wait(patience time.Duration) int { return r.wait(patience) }
