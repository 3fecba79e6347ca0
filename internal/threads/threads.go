// Package threads limits how many goroutines block in system calls at a time. Each
// occupies a thread, and if the system refuses to create another one, the Go runtime
// crashes the process.
//
// A [Budget] determines the limits when it is first used. Usually they are far away and
// that is all. If they are near, they are read again and again, because other processes
// use threads too. Only half of what is free is granted. The rest is for those
// processes, for the runtime, which may briefly have more threads than blocked
// goroutines, and for the kernel's threads behind a ring.
//
// The limits are valid only at the moment they are read. Another program that takes the
// other half of the threads within the next few milliseconds can still make a run
// crash.
package threads

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// others are the threads that a run may need besides those granted here and one per
	// processor: the runtime's monitor, three for signals, one each for writing
	// results, drawing progress, a cache's files and a hasher's timer.
	others = 8
	// plenty is more than any run asks for.
	plenty = 512
	// chunk is how many threads are granted in advance when the limits are read.
	chunk = 8
	// lookInterval is how long near limits are trusted after they were read.
	lookInterval = 10 * time.Millisecond
)

// A Budget is the budget of a process. It may be used concurrently. The zero value is
// ready to use.
type Budget struct {
	// find replaces findLimits, and have countThreads, in tests.
	find func() (limits, error)
	have func() int

	// wary is set if a limit is near or a request was refused. Until then frequent
	// calls need not lock mu.
	wary atomic.Bool

	mu      sync.Mutex
	opening func() // see Around
	closed  func()
	asked   bool
	near    limits // nil if no limit is near
	taken   int
	granted int       // may be taken without reading the limits
	refused int       // the lowest total that was refused
	at      time.Time // when it was, or when Short last read the limits
}

// limits returns how many more threads can be created, up to most.
type limits interface{ room(most int) int }

// Around sets functions that are called before and after the limits are read, which
// takes a descriptor.
func (b *Budget) Around(opening, closed func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.opening, b.closed = opening, closed
}

// Take asks for n more goroutines that may block in system calls, all or none.
func (b *Budget) Take(n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.mayHave(b.taken + n) {
		return false
	}
	b.taken += n
	return true
}

// Add counts n goroutines that exist regardless of the limits.
func (b *Budget) Add(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.taken += n
}

// Give returns n goroutines that have ended.
func (b *Budget) Give(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.taken -= n
	b.granted = min(b.granted, b.taken+chunk)
}

// Refuses reports whether Take(1) is currently known to fail.
func (b *Budget) Refuses() bool {
	if !b.wary.Load() {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.refused > 0 && b.taken+1 >= b.refused && time.Since(b.at) < lookInterval
}

// Looks reports whether the next Take(1) may have to read the limits, for callers that
// must not open files at some point.
func (b *Budget) Looks() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.asked || b.near != nil
}

// Spare reports whether n more threads are available at the moment, for something
// optional. A nil Budget has no limit.
func (b *Budget) Spare(n int) (ok bool) {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.asked {
		b.look(b.ask)
	}
	if b.near == nil {
		return b.asked
	}
	b.look(func() { ok = b.near.room(n) >= n })
	return ok
}

// Signals is the number of threads that the runtime needs to catch signals, with a
// reserve for running goroutines.
const Signals = 6

// Prepare reads the limits if that hasn't happened yet: long work must not find out at
// its end that the runtime has more processors than it can have threads.
func (b *Budget) Prepare() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.asked {
		b.look(b.ask)
	}
}

// Short reports whether too few threads are left for those that were granted, because
// other processes took them. A goroutine that can should end then.
func (b *Budget) Short() (short bool) {
	if !b.wary.Load() {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.near == nil || b.taken <= 1 || time.Since(b.at) < lookInterval {
		return false
	}
	b.at = time.Now()
	b.look(func() {
		need := b.need(b.taken)
		short = need > 0 && b.near.room(need+need/2) < need+need/2
	})
	if short {
		b.granted = 0
	}
	return short
}

// mayHave reports whether n may be taken in total. b.mu is held.
func (b *Budget) mayHave(n int) bool {
	if !b.asked {
		b.look(b.ask)
	}
	switch {
	case b.asked && b.near == nil, n <= b.granted:
		return true
	case b.refused > 0 && n >= b.refused && time.Since(b.at) < lookInterval:
		return false
	}
	granted := 0
	if b.asked {
		b.look(func() { granted = b.grant(n) })
	}
	if granted == 0 {
		b.refused, b.at = n, time.Now()
		b.wary.Store(true)
		return false
	}
	b.refused, b.granted = 0, granted
	return true
}

// grant returns how many may be taken in total, n or a few more, or 0. b.mu is held.
func (b *Budget) grant(n int) int {
	for _, n := range []int{n + chunk, n} {
		need := b.need(n)
		if need <= 0 || b.near.room(2*need) >= 2*need {
			return n
		}
	}
	return 0
}

// need returns how many more threads the process may create if taken are taken.
func (b *Budget) need(taken int) int {
	return runtime.GOMAXPROCS(0) + others + taken - b.threads()
}

func (b *Budget) threads() int {
	if b.have != nil {
		return b.have()
	}
	return countThreads()
}

// ask determines the limits. b.mu is held.
func (b *Budget) ask() {
	find := b.find
	if find == nil {
		find = findLimits
	}
	near, err := find()
	if err != nil {
		return // no descriptor is available; try again later
	}
	b.asked = true
	if near == nil {
		return
	}
	most := 2 * max(b.need(plenty), 0)
	room := near.room(most)
	if room >= most {
		return
	}
	b.near = near
	b.wary.Store(true)
	// Half of the threads are for goroutines that compute: the runtime needs a thread
	// per processor.
	if procs := max(1, (b.threads()+room/2-others)/2); procs < runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(procs)
	}
}

func (b *Budget) look(at func()) {
	if b.opening != nil {
		b.opening()
		defer b.closed()
	}
	at()
}
