package pipeline

import (
	"sync"
	"sync/atomic"

	"github.com/psha1sum/psha1sum/internal/threads"
	"github.com/psha1sum/psha1sum/reader"
)

// IO selects how regular files are read.
type IO int

const (
	// AutoIO uses what was measured to be fastest: a ring for small files, once there are
	// enough of them and if the system supports it, and read(2) for everything else.
	AutoIO IO = iota
	// ReadIO reads everything with read(2).
	ReadIO
	// RingIO reads small files that form batches through rings, from the first file on.
	// Run fails if the system supports no rings.
	RingIO
)

// ringFrom is how many small files there must be before AutoIO makes a ring. A ring
// costs about 60 µs and saves nearly 2 µs for each small file in the page cache.
const ringFrom = 64

// maxRings is the maximum number of rings. Each has a descriptor.
const maxRings = 16

// A RingError is returned by Run if Options.IO is RingIO and the system supports no
// rings.
type RingError struct{ Err error }

func (e *RingError) Error() string { return "cannot set up io_uring: " + e.Err.Error() }
func (e *RingError) Unwrap() error { return e.Err }

// An ioPolicy chooses between read(2) and a ring for each file, and records which of
// them the run has used.
type ioPolicy struct {
	mode     IO
	uncached bool // see Options.DropCache
	threads  *threads.Budget

	small atomic.Int64 // files suited to a ring
	// These predict whether a file that was not looked at fits a batch's buffers, and a
	// ring's.
	forBatch, forRings recentSizes
	disks              reader.LocalDisks

	mu    sync.Mutex
	rings int            // rings that may still be made
	spare []*reader.Ring // rings not in use

	noRing             atomic.Bool // no ring can be made
	usedRead, usedRing atomic.Bool
}

// open makes the first ring, if RingIO requires one.
func (p *ioPolicy) open() error {
	if p.mode != RingIO {
		return nil
	}
	ring, err := reader.NewRing(batchFiles)
	if err != nil {
		return err
	}
	p.rings--
	p.spare = append(p.spare, ring)
	return nil
}

// close closes the rings.
func (p *ioPolicy) close() {
	for _, r := range p.spare {
		r.Close()
	}
}

// mayHaveRing reports whether files may be read through a ring.
func (p *ioPolicy) mayHaveRing() bool { return p.mode != ReadIO && !p.uncached }

// newRing returns a ring for a batch, or nil if none is left for it or the run has had
// too few files for one. The kernel threads that sleep for a ring count against the
// thread budget.
func (p *ioPolicy) newRing() *reader.Ring {
	if p.small.Add(1) < ringFrom && p.mode == AutoIO {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.spare); n > 0 {
		ring := p.spare[n-1]
		p.spare = p.spare[:n-1]
		return ring
	}
	if p.rings == 0 || !p.threads.Take(batchFiles) {
		return nil
	}
	ring, err := reader.NewRing(batchFiles)
	if err != nil { // continue with read(2)
		p.noRing.Store(true)
		p.rings = 0
		p.threads.Give(batchFiles)
		return nil
	}
	p.rings--
	return ring
}

// closeRing takes back a batch's ring. ring may be nil.
func (p *ioPolicy) closeRing(ring *reader.Ring) {
	if ring == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spare = append(p.spare, ring)
}

// forRing reports whether a file suits a ring: it is small and on a local disk, as far
// as its directory entry tells.
func (p *ioPolicy) forRing(item *Item, info reader.Info, room int) bool {
	switch {
	case !item.In.ForRing(info, room):
		return false
	case !item.Listed:
		return info.Exact
	}
	return item.In.OnLocalDisk(item.Device) && p.forRings.small()
}

// fitsBatch reports whether a file is expected to fit a buffer of room bytes, as far as
// can be told before it is open.
func (p *ioPolicy) fitsBatch(info reader.Info, room int) bool {
	if info.Unstatted() {
		return p.forBatch.small()
	}
	return info.Size < int64(room)
}

// recentSizes predicts from the sizes of recent files whether the next file of unknown
// size is small. Neighbours mostly have similar sizes, and for a large file the ring is
// a detour.
type recentSizes struct{ balance atomic.Int32 }

// surprise is how many small files must follow a large one until a small one is
// expected again.
const surprise = 4

func (l *recentSizes) small() bool { return l.balance.Load() >= 0 }

func (l *recentSizes) saw(small bool) {
	switch balance := l.balance.Load(); {
	case !small:
		if balance != -surprise {
			l.balance.Store(-surprise)
		}
	case balance < 0:
		l.balance.Store(balance + 1)
	}
}

// note sets a flag. It loads it first, because the flag is mostly set already and
// shared by all readers.
func note(used *atomic.Bool) {
	if !used.Load() {
		used.Store(true)
	}
}

// prepare sets up an open file for reading with read(2).
func (p *ioPolicy) prepare(f *reader.File, info reader.Info) {
	p.disks.Learn(f)
	if p.uncached {
		f.DropCache()
	}
	p.saw(info, f)
	note(&p.usedRead)
}

// saw records the size of an open file whose size was not known before.
func (p *ioPolicy) saw(info reader.Info, f *reader.File) {
	if info.Unstatted() {
		p.forBatch.saw(f.Size() < wholeFile)
		p.forRings.saw(f.Size() < listedRoom)
	}
}

// used returns the names of the methods that were used.
func (p *ioPolicy) used() (names []string) {
	if p.usedRing.Load() {
		names = append(names, "io_uring")
	}
	if p.usedRead.Load() {
		names = append(names, "read")
	}
	return names
}
