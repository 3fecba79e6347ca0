package pipeline

import (
	"sync"
	"sync/atomic"

	"github.com/psha1sum/psha1sum/internal/threads"
	"github.com/psha1sum/psha1sum/reader"
)

// IO says how regular files are read.
type IO int

const (
	// AutoIO reads by what was measured to be fastest: small files through a
	// ring, as soon as there are enough of them and if the system has one, and
	// everything else with read(2).
	AutoIO IO = iota
	// ReadIO reads everything with read(2).
	ReadIO
	// RingIO reads small files that are read together through rings from the first
	// on. Without a ring Run fails.
	RingIO
)

// ringFrom is how many small files there must be before AutoIO makes a ring. A
// ring costs about 60 µs, and saves nearly 2 µs for each small file in the page
// cache.
const ringFrom = 64

// maxRings is how many rings there are at the most. Each has a descriptor.
const maxRings = 16

// A RingError is what Run returns if Options.IO insists on rings and the system has none.
type RingError struct{ Err error }

func (e *RingError) Error() string { return "cannot set up io_uring: " + e.Err.Error() }
func (e *RingError) Unwrap() error { return e.Err }

// An ioPolicy chooses for each file between read(2) and a ring, and knows which of them
// the run has used.
type ioPolicy struct {
	mode     IO
	uncached bool // files are dropped from the page cache behind what was read
	threads  *threads.Budget

	small atomic.Int64 // files that were for a ring
	// Of files that were not looked at, whether they fit a batch's buffers, and a ring's.
	forBatch, forRings recentSizes
	disks              reader.LocalDisks

	mu    sync.Mutex
	rings int            // that may be made yet
	spare []*reader.Ring // that nobody uses at present

	noRing             atomic.Bool // there is none to be had
	usedRead, usedRing atomic.Bool
}

// open makes what must be there from the beginning.
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

// close ends the rings.
func (p *ioPolicy) close() {
	for _, r := range p.spare {
		r.Close()
	}
}

// mayHaveRing reports whether files may be left to a ring.
func (p *ioPolicy) mayHaveRing() bool { return p.mode != ReadIO && !p.uncached }

// newRing returns a ring for a batch, or nil if there is none for it, or the run has had
// too few files for one. Those of the kernel's threads that sleep for a ring count
// like others.
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
	if err != nil { // or do without
		p.noRing.Store(true)
		p.rings = 0
		p.threads.Give(batchFiles)
		return nil
	}
	p.rings--
	return ring
}

// closeRing takes back a batch's ring, if it has one.
func (p *ioPolicy) closeRing(ring *reader.Ring) {
	if ring == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spare = append(p.spare, ring)
}

// forRing reports whether a file is for a ring, if there is one: small, and on a local
// disk, as far as a directory can tell that lists it.
func (p *ioPolicy) forRing(item *Item, info reader.Info, room int) bool {
	switch {
	case !item.In.ForRing(info, room):
		return false
	case !item.Listed:
		return info.Exact
	}
	return item.In.OnLocalDisk(item.Device) && p.forRings.small()
}

// fitsBatch reports whether a file is to be read into a buffer with that room, as far as
// can be told before it is open.
func (p *ioPolicy) fitsBatch(info reader.Info, room int) bool {
	if info.Unstatted() {
		return p.forBatch.small()
	}
	return info.Size < int64(room)
}

// recentSizes remember how large files were whose size is known only when they are
// open. Their neighbours are mostly like them, and for a large one the ring is a
// detour.
type recentSizes struct{ balance atomic.Int32 }

// after a large file so many small ones must come until a small one is expected.
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

// note sets what is mostly set already, and read by all.
func note(used *atomic.Bool) {
	if !used.Load() {
		used.Store(true)
	}
}

// prepare sees to it that an open file is read in the right way.
func (p *ioPolicy) prepare(f *reader.File, info reader.Info) {
	p.disks.Learn(f)
	if p.uncached {
		f.DropCache()
	}
	p.saw(info, f)
	note(&p.usedRead)
}

// saw takes note of the size of an open file that was not known before.
func (p *ioPolicy) saw(info reader.Info, f *reader.File) {
	if info.Unstatted() {
		p.forBatch.saw(f.Size() < wholeFile)
		p.forRings.saw(f.Size() < listedRoom)
	}
}

// used names what was used.
func (p *ioPolicy) used() (names []string) {
	if p.usedRing.Load() {
		names = append(names, "io_uring")
	}
	if p.usedRead.Load() {
		names = append(names, "read")
	}
	return names
}
