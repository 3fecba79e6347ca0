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

// ways are the ways of reading that a run has, and which of them it took.
type ways struct {
	io       IO
	uncached bool // files are dropped from the page cache behind what was read
	threads  *threads.Budget

	small atomic.Int64 // files that were for a ring
	// Of files that were not looked at, whether they fit a batch, and a ring's buffers.
	lately, tiny lately
	disks        reader.LocalDisks

	mu    sync.Mutex
	rings int            // that may be made yet
	spare []*reader.Ring // that nobody uses at present

	noRing             atomic.Bool // there is none to be had
	usedRead, usedRing atomic.Bool
}

// open makes what must be there from the beginning.
func (w *ways) open() error {
	if w.io != RingIO {
		return nil
	}
	ring, err := reader.NewRing(batchFiles)
	if err != nil {
		return err
	}
	w.rings--
	w.spare = append(w.spare, ring)
	return nil
}

// close ends the rings.
func (w *ways) close() {
	for _, r := range w.spare {
		r.Close()
	}
}

// mayHaveRing reports whether files may be left to a ring.
func (w *ways) mayHaveRing() bool { return w.io != ReadIO && !w.uncached }

// newRing returns a ring for a batch, or nil if there is none for it, or the run has had
// too few files for one. Those of the kernel's threads that sleep for a ring count
// like others.
func (w *ways) newRing() *reader.Ring {
	if w.small.Add(1) < ringFrom && w.io == AutoIO {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.spare); n > 0 {
		ring := w.spare[n-1]
		w.spare = w.spare[:n-1]
		return ring
	}
	if w.rings == 0 || !w.threads.Take(batchFiles) {
		return nil
	}
	ring, err := reader.NewRing(batchFiles)
	if err != nil { // or do without
		w.noRing.Store(true)
		w.rings = 0
		w.threads.Give(batchFiles)
		return nil
	}
	w.rings--
	return ring
}

// closeRing takes back a batch's ring, if it has one.
func (w *ways) closeRing(ring *reader.Ring) {
	if ring == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.spare = append(w.spare, ring)
}

// forRing reports whether a file is for a ring, if there is one: small, and on a local
// disk, as far as a directory can tell that lists it.
func (w *ways) forRing(item *Item, info reader.Info, room int) bool {
	switch {
	case !item.In.ForRing(info, room):
		return false
	case !item.Listed:
		return info.Exact
	}
	return item.In.OnLocalDisk(item.Device) && w.tiny.small()
}

// fits reports whether a file is to be read into a buffer with that room, as far as
// can be told before it is open.
func (w *ways) fits(info reader.Info, room int) bool {
	if info.Unstatted() {
		return w.lately.small()
	}
	return info.Size < int64(room)
}

// lately remembers how large files were whose size is known only when they are
// open. Their neighbours are mostly like them, and for a large one the ring is a
// detour.
type lately struct{ balance atomic.Int32 }

// after a large file so many small ones must come until a small one is expected.
const surprise = 4

func (l *lately) small() bool { return l.balance.Load() >= 0 }

func (l *lately) saw(small bool) {
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
func (w *ways) prepare(f *reader.File, info reader.Info) {
	w.disks.Learn(f)
	if w.uncached {
		f.DropCache()
	}
	w.saw(info, f)
	note(&w.usedRead)
}

// saw takes note of the size of an open file that was not known before.
func (w *ways) saw(info reader.Info, f *reader.File) {
	if info.Unstatted() {
		w.lately.saw(f.Size() < wholeFile)
		w.tiny.saw(f.Size() < listedRoom)
	}
}

// used names the ways that were taken.
func (w *ways) used() (names []string) {
	if w.usedRing.Load() {
		names = append(names, "io_uring")
	}
	if w.usedRead.Load() {
		names = append(names, "read")
	}
	return names
}
