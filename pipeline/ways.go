package pipeline

import (
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
	// RingIO reads every regular file through a ring, io_uring(7), without which
	// Run fails.
	RingIO
)

// ringFrom is how many small files there must be before AutoIO makes a ring. A
// ring costs about 60 µs, and saves nearly 1 µs for each small file in the page
// cache.
const ringFrom = 64

// maxRings is how many rings there are at the most. Each opens and reads one file
// after the other, as long as all is in memory, so a single one would keep no
// more than one processor busy.
const maxRings = 8

// ways are the ways of reading that a run has, and which of them it took.
type ways struct {
	io       IO
	oneByOne bool // a reader stays with its file to the end
	uncached bool // files are dropped from the page cache behind what was read
	workers  int
	files    int // in a ring at a time
	threads  *threads.Budget

	small  atomic.Int64 // files that were for a ring
	rings  atomic.Pointer[[]*reader.Ring]
	lately lately // of files that were not looked at
	disks  reader.LocalDisks

	usedRead, usedRing atomic.Bool
}

// open makes what must be there from the beginning.
func (w *ways) open() error {
	if w.io != RingIO {
		return nil
	}
	return w.makeRings()
}

// forRings returns how many files are to be read at a time, and in how many buffers,
// if all goes through rings and threads are few: those of the kernel that sleep for
// a ring count like others.
func forRings(budget *threads.Budget, workers, files, buffers int) (int, int) {
	rings := min(workers, maxRings)
	for !budget.Take(buffers + rings) {
		if files == 1 {
			budget.Add(buffers + rings)
			break
		}
		files /= 2
		buffers = minShare * files
	}
	return files, buffers
}

// makeRings makes one ring at least, or returns the reason why there is none.
func (w *ways) makeRings() error {
	var rings []*reader.Ring
	for len(rings) < min(w.workers, maxRings) {
		ring, err := reader.NewRing(w.files)
		if err != nil && len(rings) == 0 {
			return err
		}
		if err != nil {
			break
		}
		rings = append(rings, ring)
	}
	w.rings.Store(&rings)
	return nil
}

// close waits until the rings have ended.
func (w *ways) close() {
	if rings := w.rings.Load(); rings != nil {
		for _, r := range *rings {
			r.Close()
		}
	}
}

// forRing reports whether a file is to be read in one go, through a ring if
// there is one. It is on a local disk, as far as a directory can tell that lists it.
func (w *ways) forRing(item *Item, info reader.Info, room int) bool {
	if w.io == ReadIO || w.oneByOne || w.uncached || item.Reader != nil || !item.In.ForRing(info, room) {
		return false
	}
	if !item.Listed {
		return info.Exact
	}
	return item.In.OnLocalDisk(item.Device) && (w.io == RingIO || w.lately.small())
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

// whole returns the ring for one more file that is forRing, or nil if it is to
// be read like any other.
func (w *ways) whole() *reader.Ring {
	n := w.small.Add(1)
	// A ring's files have threads of the kernel's sleep, and so have those that leave
	// it again.
	if w.io == AutoIO && n == ringFrom && w.threads.Take(w.files+min(w.workers, maxRings)) {
		_ = w.makeRings() // or do without
	}
	ring := w.ring(n)
	if ring != nil {
		note(&w.usedRing)
	}
	return ring
}

// note sets what is mostly set already, and read by all.
func note(used *atomic.Bool) {
	if !used.Load() {
		used.Store(true)
	}
}

// ring returns the ring for the n-th file, or nil if there is none.
func (w *ways) ring(n int64) *reader.Ring {
	rings := w.rings.Load()
	if rings == nil {
		return nil
	}
	return (*rings)[n/reader.RingBatch%int64(len(*rings))]
}

// prepare sees to it that an open file is read in the right way.
func (w *ways) prepare(f *reader.File, info reader.Info) {
	w.disks.Learn(f)
	if w.uncached {
		f.DropCache()
	}
	if info.Unseen() {
		w.lately.saw(f.Size() < BufferSize+bufferSlack)
	}
	if w.io == RingIO && info.Kind == reader.Plain && f.Through(w.ring(w.small.Add(1))) {
		note(&w.usedRing)
	} else {
		note(&w.usedRead)
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
