// Package threads says how many goroutines may sleep in system calls at a time.
// Each takes a thread of the system's for as long as it does, and where the system
// gives no more of them Go's runtime ends the process.
//
// A [Budget] looks for the limits when it is first asked. Most often they turn out to
// be far away, and that was all. Where they are near, they are looked at again and
// again as others use threads as well. Of what is free half is left to those, to the
// runtime, which may have more threads for a moment than goroutines that sleep, and
// to the kernel's threads behind a ring.
//
// What is near is believed at the moment it is looked at. A program that takes the
// other half of the threads within the next few milliseconds can still end a run.
package threads

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// others are the threads that a run may have beside those that are asked for
	// here, and one for each processor: the runtime's monitor, three for
	// signals, one that writes results, one that draws the progress, one in a cache's
	// files, one that sleeps for a hasher.
	others = 8
	// plenty is more than any run asks for.
	plenty = 512
	// chunk is how many are granted by one look at the limits, if there is room.
	chunk = 8
	// patience is how long a look at near limits is believed.
	patience = 10 * time.Millisecond
)

// A Budget is that of a process. It may be used by any number of goroutines at
// once. The zero value is ready.
type Budget struct {
	// find is findLimits but for tests, and have is countThreads.
	find func() (limits, error)
	have func() int

	// wary says that a limit is near, or that something was refused: until then who
	// asks often need not wait for others who ask.
	wary atomic.Bool

	mu      sync.Mutex
	opening func() // see Around
	closed  func()
	asked   bool
	near    limits // nil: no limit is near
	taken   int
	granted int       // may be taken without another look
	refused int       // so many were too many
	at      time.Time // when they were, or Short looked last
}

// limits tell how many threads more may be made, at most so many as are asked for.
type limits interface{ room(most int) int }

// Around has two functions called before and after each look at the limits, which
// takes a descriptor.
func (b *Budget) Around(opening, closed func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.opening, b.closed = opening, closed
}

// Take asks for n goroutines more that may sleep in system calls, all or none.
func (b *Budget) Take(n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.mayHave(b.taken + n) {
		return false
	}
	b.taken += n
	return true
}

// Add counts n that are there whatever the limits are.
func (b *Budget) Add(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.taken += n
}

// Give says that n of them have ended.
func (b *Budget) Give(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.taken -= n
	b.granted = min(b.granted, b.taken+chunk)
}

// Refuses reports whether a Take of one is known to be in vain, for now.
func (b *Budget) Refuses() bool {
	if !b.wary.Load() {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.refused > 0 && b.taken+1 >= b.refused && time.Since(b.at) < patience
}

// Looks reports whether the next Take of one may have to look at the limits. Who
// must not open anything at some time asks before.
func (b *Budget) Looks() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.asked || b.near != nil
}

// Spare reports whether so many threads more can be had just now, for something that
// can be done without. nil has any number.
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

// Signals are the threads that the runtime takes to catch signals, and what it may
// want meanwhile for whoever goes on.
const Signals = 6

// Prepare looks at the limits if nobody has: work that takes long must not find out
// at its end that the runtime has more processors than threads.
func (b *Budget) Prepare() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.asked {
		b.look(b.ask)
	}
}

// Short reports whether there are too few threads by now for those that were
// granted, since others took them: one that can is to end.
func (b *Budget) Short() (short bool) {
	if !b.wary.Load() {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.near == nil || b.taken <= 1 || time.Since(b.at) < patience {
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

// mayHave reports whether there may be n in all. b.mu is held.
func (b *Budget) mayHave(n int) bool {
	if !b.asked {
		b.look(b.ask)
	}
	switch {
	case b.asked && b.near == nil, n <= b.granted:
		return true
	case b.refused > 0 && n >= b.refused && time.Since(b.at) < patience:
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

// grant returns how many may be taken in all, n or a few more, or 0. b.mu is held.
func (b *Budget) grant(n int) int {
	for _, n := range []int{n + chunk, n} {
		need := b.need(n)
		if need <= 0 || b.near.room(2*need) >= 2*need {
			return n
		}
	}
	return 0
}

// need is how many threads more there may come to be if so many are taken.
func (b *Budget) need(taken int) int {
	return runtime.GOMAXPROCS(0) + others + taken - b.threads()
}

func (b *Budget) threads() int {
	if b.have != nil {
		return b.have()
	}
	return countThreads()
}

// ask finds the limits. b.mu is held.
func (b *Budget) ask() {
	find := b.find
	if find == nil {
		find = findLimits
	}
	near, err := find()
	if err != nil {
		return // no descriptor is left: another time
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
	// Half of what there will be is for goroutines that compute: each processor
	// of the runtime's has a thread.
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
