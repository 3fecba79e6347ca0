package reader

import (
	"time"

	"github.com/psha1sum/psha1sum/internal/uring"
	"golang.org/x/sys/unix"
)

// A ring is that of a Ring.
type ring struct {
	kernel   *uring.Ring
	files    []*RingFile // by their indexes in the ring's table of files
	free     []int       // indexes
	underWay int
	pending  int // entries that were filled in and not submitted
}

// ringStretch is how many entries are submitted at a time. During a system call of 100
// microseconds or so, Go's runtime gives the processor to another thread and starts to
// look for such calls every 20 microseconds.
const ringStretch = 32

func newRing(files int) (*Ring, error) {
	entries := 2
	for entries < max(2*files, ringStretch) { // for each its next step, and the closing of another
		entries *= 2
	}
	kernel, err := uring.New(entries, files)
	if err != nil {
		return nil, err
	}
	r := &Ring{ring{kernel: kernel, files: make([]*RingFile, files)}}
	for i := range files {
		r.free = append(r.free, files-1-i)
	}
	return r, nil
}

func (r *ring) close() { r.kernel.Close() }

func (r *ring) room() int { return len(r.free) }

// What an entry is for, in the lowest bits of its user data; above them is the file's
// index. Each entry of a file is filled in when the one before has completed, because
// linked entries cost the kernel more.
const (
	forOpen = iota
	forLook
	forRead
	forEnd
	forInstall
	forClose

	forBits = 3
)

func (r *ring) begin(f *RingFile) {
	f.index = r.free[len(r.free)-1]
	r.free = r.free[:len(r.free)-1]
	r.files[f.index] = f
	r.underWay++
	f.State, f.N, f.Buf = RingUnderWay, 0, f.Buf[:cap(f.Buf)]
	f.path = append(append(f.path[:0], f.Name...), 0)

	open := r.entry(f, forOpen)
	if how := ringHow(f.Dir, f.Info); how != nil {
		open.OpenHow(f.Dir.dirfd(), f.path, how, f.index)
	} else {
		open.Open(f.Dir.dirfd(), f.path, ringFlags, f.index)
	}
}

// entry returns an entry for a file, to be filled in.
func (r *ring) entry(f *RingFile, what int) *uring.Entry {
	if r.pending == ringStretch {
		r.kernel.Enter(0, 0)
		r.pending = 0
	}
	r.pending++
	e := r.kernel.Next()
	e.UserData = uint64(f.index<<forBits | what)
	return e
}

// A ring opens files like Dir.open, but without O_CLOEXEC, which means nothing where
// there is no descriptor.
const ringFlags = unix.O_RDONLY | unix.O_NONBLOCK

// The kernel needs these in memory that doesn't move.
var (
	ringWithoutLinks = *withoutLinks(ringFlags)
	// What is mounted below the directory may be on no local disk.
	ringOnOneMount             = *openHow(ringFlags, unix.RESOLVE_NO_XDEV)
	ringOnOneMountWithoutLinks = *openHow(ringFlags, unix.RESOLVE_NO_XDEV|unix.RESOLVE_NO_SYMLINKS)
)

// ringHow returns the argument of openat2 for a file in a directory, or nil if openat
// suffices. Every ring has openat2, even where a filter of system calls forbids openat2(2).
func ringHow(d *Dir, info Info) *unix.OpenHow {
	switch {
	case info.unstatted && d.followsNoLinks():
		return &ringOnOneMountWithoutLinks
	case info.unstatted:
		return &ringOnOneMount
	case d.followsNoLinks():
		return &ringWithoutLinks
	}
	return nil
}

func (r *ring) wait(patience time.Duration) int {
	var deadline time.Time
	for {
		least := 0
		if r.pending == 0 { // nothing to begin with
			if r.underWay == 0 {
				return 0
			}
			if deadline.IsZero() {
				deadline = time.Now().Add(patience)
			} else if patience = time.Until(deadline); patience <= 0 {
				return r.underWay
			}
			least = 1
		}
		r.pending = 0
		r.kernel.Enter(least, patience)
		for {
			c, ok := r.kernel.Completion()
			if !ok {
				break
			}
			r.complete(c)
		}
	}
}

// complete handles a completion, and asks for the file's next step.
func (r *ring) complete(c uring.Completion) {
	f := r.files[c.UserData>>forBits]
	switch c.UserData & (1<<forBits - 1) {
	case forOpen:
		switch {
		case c.Result < 0:
			r.end(f, RingRefused)
		case f.Info.unstatted:
			// It may be a FIFO by now, on which fadvise fails. O_NONBLOCK doesn't keep
			// a ring from waiting for a FIFO's writer and taking what it writes.
			r.entry(f, forLook).AdviseNormal(f.index)
		default:
			r.entry(f, forRead).Read(f.index, f.Buf, 0)
		}
	case forLook:
		if c.Result < 0 {
			r.install(f)
		} else {
			r.entry(f, forRead).Read(f.index, f.Buf, 0)
		}
	case forRead:
		switch f.N = max(int(c.Result), 0); { // an error comes again
		case !f.Info.unstatted && int64(c.Result) == f.Info.Size:
			r.closeFile(f, RingWhole)
		case f.Info.unstatted && f.N > 0 && f.N < len(f.Buf):
			// If nothing was read, the file may be anything. Here only its end has to
			// be found.
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
	case forClose: // it failed, which doesn't matter
	}
}

// install asks for a descriptor for a file.
func (r *ring) install(f *RingFile) { r.entry(f, forInstall).Install(f.index) }

// handOver hands over a file that has got a descriptor, or has failed to.
func (r *ring) handOver(f *RingFile, fd int32) {
	if fd < 0 {
		r.closeFile(f, RingRefused)
		return
	}
	f.File = File{handle: handle(fd), size: f.Info.Size, read: int64(f.N), unverified: true, nonblocking: true}
	if f.Info.unstatted && f.File.verifyRegular() != nil || !f.File.goOn() {
		f.File.handle.close()
		r.closeFile(f, RingRefused)
		return
	}
	f.File.advise()
	r.closeFile(f, RingOpen)
}

// closeFile closes the ring's file, before anything else is begun with its index.
func (r *ring) closeFile(f *RingFile, state RingState) {
	e := r.entry(f, forClose)
	e.CloseFile(f.index)
	e.Flags |= uring.SkipSuccess
	r.end(f, state)
}

// end sets the state of a file, and frees its index.
func (r *ring) end(f *RingFile, state RingState) {
	r.files[f.index] = nil
	r.free = append(r.free, f.index)
	r.underWay--
	f.State = state
}
