package reader

import (
	"time"

	"github.com/psha1sum/psha1sum/internal/uring"
	"golang.org/x/sys/unix"
)

// A Ring reads many small files in a few calls of the system: each is opened, read
// and closed without ever having a descriptor. It is used by one goroutine at a time.
type Ring struct {
	ring     *uring.Ring
	files    []*RingFile // by their indexes in the ring's table of files
	free     []int       // indexes
	underWay int
	dirty    bool // entries were filled in that the kernel must see
}

// A RingFile is a file that a Ring is asked for, and what became of it. From Begin
// until Wait has said so it is the ring's, and so is the buffer.
type RingFile struct {
	// Folder, Name and Info are as for Folder.Open; Folder.ForRing said yes.
	Folder *Folder
	Name   string
	Info   Info
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
	asked bool   // whether something comes behind what was read
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

// NewRing makes a ring for so many files at a time, if the system allows it.
func NewRing(files int) (*Ring, error) {
	entries := 2
	for entries < 3*files { // an open, a look and a read for each
		entries *= 2
	}
	ring, err := uring.New(entries, files)
	if err != nil {
		return nil, err
	}
	r := &Ring{ring: ring, files: make([]*RingFile, files)}
	for i := range files {
		r.free = append(r.free, files-1-i)
	}
	return r, nil
}

// Close ends the ring. No file may be under way.
func (r *Ring) Close() { r.ring.Close() }

// Room is how many files may be begun now.
func (r *Ring) Room() int { return len(r.free) }

// What an entry is for, in the last bits of its user data; above them is the file's
// index.
const (
	forOpen = iota
	forLook
	forRead
	forEnd
	forInstall
	forClose

	forBits = 3
)

// Of a file that is begun one entry completes, the read; those in front of it do so
// only if they fail, and then the kernel says nothing more of those behind them
// (io_fail_links() of Linux 6.18).
const unlessItFails = uring.Link | uring.SkipSuccess

// Begin has the ring open a file in a folder and read it into the buffer. There must be
// Room for it. Nothing happens before Wait.
//
// The file ends where its size says, or, if a directory's word is all that is known,
// where a read brings nothing. What closing it says is lost: on a local disk that is
// nothing.
func (r *Ring) Begin(f *RingFile) {
	f.index = r.free[len(r.free)-1]
	r.free = r.free[:len(r.free)-1]
	r.files[f.index] = f
	r.underWay++
	f.State, f.N, f.asked, f.Buf = RingUnderWay, 0, false, f.Buf[:cap(f.Buf)]
	f.path = append(append(f.path[:0], f.Name...), 0)

	open := r.entry(f, forOpen)
	if how := ringHow(f.Folder, f.Info); how != nil {
		open.OpenHow(f.Folder.dirfd(), f.path, how, f.index)
	} else {
		open.Open(f.Folder.dirfd(), f.path, ringFlags, f.index)
	}
	open.Flags |= unlessItFails
	if f.Info.listed {
		// A FIFO in the file's place: O_NONBLOCK doesn't keep a ring from waiting for
		// what its writer says, nor from taking it. So the link breaks here.
		look := r.entry(f, forLook)
		look.AdviseNormal(f.index)
		look.Flags |= unlessItFails
	}
	r.entry(f, forRead).Read(f.index, f.Buf, 0)
}

// entry returns an entry for a file, to be filled in. From one Enter to the next there
// are those of Begin for each, or one behind a completion.
func (r *Ring) entry(f *RingFile, what int) *uring.Entry {
	r.dirty = true
	e := r.ring.Next()
	e.UserData = uint64(f.index<<forBits | what)
	return e
}

// A ring opens files like Folder.open, but for O_CLOEXEC, which has no meaning
// where there is no descriptor.
const ringFlags = unix.O_RDONLY | unix.O_NONBLOCK

// These are in memory that doesn't move, as the kernel wants it.
var (
	ringWithoutLinks = *withoutLinks(ringFlags)
	// What is mounted below the folder may be on no local disk.
	ringOnOneMount             = *openHow(ringFlags, unix.RESOLVE_NO_XDEV)
	ringOnOneMountWithoutLinks = *openHow(ringFlags, unix.RESOLVE_NO_XDEV|unix.RESOLVE_NO_SYMLINKS)
)

// ringHow returns how the ring's openat2 is to open a file in a folder, or nil if its
// openat will do. Whoever has a ring has it, also where a filter of system calls
// forbids openat2(2).
func ringHow(d *Folder, info Info) *unix.OpenHow {
	switch {
	case info.listed && d.followsNoLinks():
		return &ringOnOneMountWithoutLinks
	case info.listed:
		return &ringOnOneMount
	case d.followsNoLinks():
		return &ringWithoutLinks
	}
	return nil
}

// Wait has the kernel work on what was begun until all of it is over, or for that
// time at the most, and returns how many files are still under way. Of all others
// the state says what became of them.
func (r *Ring) Wait(patience time.Duration) int {
	for deadline := time.Now().Add(patience); r.underWay > 0 && patience > 0; patience = time.Until(deadline) {
		r.enter(r.underWay, patience)
		for {
			c, ok := r.ring.Completion()
			if !ok {
				break
			}
			r.complete(c)
		}
	}
	if r.dirty { // files to be closed
		r.enter(0, 0)
	}
	return r.underWay
}

// enter has the kernel begin with what was filled in.
//
// Where it breaks off a chain for want of memory nobody knows when the file is open:
// that may come so late that what is read by then under the same index would be
// another file. So the index isn't used again.
func (r *Ring) enter(least int, patience time.Duration) {
	for _, data := range r.ring.Enter(least, patience) {
		r.tell(r.files[data>>forBits], RingRefused)
	}
	r.dirty = false
}

// complete takes note of a completion, and leads the file on to its next step.
func (r *Ring) complete(c uring.Completion) {
	f := r.files[c.UserData>>forBits]
	if f == nil { // its chain was broken off, or it was closed
		return
	}
	switch c.UserData & (1<<forBits - 1) {
	case forOpen:
		r.end(f, RingRefused)
	case forLook:
		r.install(f)
	case forRead:
		switch f.N = max(int(c.Result), 0); { // an error comes again
		case !f.Info.listed && int64(c.Result) == f.Info.Size:
			r.closeFile(f, RingWhole)
		case f.Info.listed && f.N > 0 && f.N < len(f.Buf):
			// What is empty may be anything, but here all that is to be found out is
			// whether something comes behind what was read.
			f.asked = true
			r.entry(f, forEnd).Read(f.index, f.Buf[f.N:], int64(f.N))
		default:
			r.install(f)
		}
	case forEnd:
		if c.Result == 0 {
			r.closeFile(f, RingWhole)
			return
		}
		f.N += max(int(c.Result), 0)
		r.install(f)
	case forInstall:
		r.handOver(f, c.Result)
	case forClose: // that of the file before failed, which doesn't matter to anybody
	}
}

// install asks for a descriptor for a file.
func (r *Ring) install(f *RingFile) { r.entry(f, forInstall).Install(f.index) }

// handOver hands a file over that got a descriptor, if it did.
func (r *Ring) handOver(f *RingFile, fd int32) {
	if fd < 0 {
		r.closeFile(f, RingRefused)
		return
	}
	f.File = File{handle: handle(fd), size: f.Info.Size, read: int64(f.N), unproven: true, nonblocking: true}
	if f.Info.listed && f.File.prove() != nil || !f.File.goOn() {
		f.File.handle.close()
		r.closeFile(f, RingRefused)
		return
	}
	f.File.advise()
	r.closeFile(f, RingOpen)
}

// closeFile has the ring's file be closed, before anything else that is begun.
func (r *Ring) closeFile(f *RingFile, state RingState) {
	e := r.entry(f, forClose)
	e.CloseFile(f.index)
	e.Flags |= uring.SkipSuccess
	r.end(f, state)
}

// end says what became of a file, whose index is free.
func (r *Ring) end(f *RingFile, state RingState) {
	r.free = append(r.free, f.index)
	r.tell(f, state)
}

// tell says what became of a file, which isn't the ring's any more.
func (r *Ring) tell(f *RingFile, state RingState) {
	r.files[f.index] = nil
	r.underWay--
	f.State = state
}
