// Package fdlimit makes do with as many file descriptors as the system gives, down to
// the one with which GNU's sha1sum gets along.
//
// A [Budget] is that of a process. It looks once whether descriptors are few, when it is
// first asked, and what depends on that (timers, garbage collection, looking ahead,
// batches) asks the Budget and never looks for itself. It also counts what is open, so
// that who finds no descriptor left waits for one of ours.
//
// Two things look again, by [Room], since they keep descriptors that files may need by
// then: a cache, which has eight of them for as long as it is open, and a directory in
// which files are to be read. Neither is part of every run.
//
// The numbers of descriptors matter, too: names such as /dev/fd/3 are operands, and mean
// what the caller left open. What is ours and stays open has a number from [Away] on.
package fdlimit

import (
	"sync"
	"time"
)

// A Budget may be used by any number of goroutines at once. The zero value is ready.
type Budget struct {
	look sync.Once
	low  bool

	retrying sync.Mutex // held by the one that waits for a descriptor; the others queue

	mu       sync.Mutex
	released sync.Cond // gone moved
	held     int       // files that are open, or being opened
	gone     uint64    // how often held went down
}

// Low reports whether descriptors are so few that nothing is to be opened beside the
// files that are read. It is first asked before any of these is open.
func (b *Budget) Low() bool {
	b.look.Do(func() { b.low = !timersMayStart() })
	return b.low
}

// Sleep is time.Sleep, but never at the price of the process: the first of Go's timers
// starts the runtime's poller, which takes two descriptors for good, and ends the
// process if it can't have them. Where they are few poll(2) sleeps instead, which holds
// up a processor for as long as the runtime takes to notice.
func (b *Budget) Sleep(d time.Duration) {
	if b.Low() {
		pollFor(d)
		return
	}
	startTimers()
	time.Sleep(d)
}

// StartTimers has the runtime's poller take its descriptors now, if there are to be
// timers. While files come and go, one that is closed just then would leave its number
// to the poller, and an operand may name that number.
func (b *Budget) StartTimers() {
	if !b.Low() {
		startTimers()
	}
}

// Acquire says that a file is about to be opened, and Release that one was closed, or
// could not be opened. A file counts before it is open: nobody may see a descriptor in
// use that belongs to no file.
func (b *Budget) Acquire() {
	b.mu.Lock()
	b.held++
	b.mu.Unlock()
}

// Release is the opposite of Acquire.
func (b *Budget) Release() {
	b.mu.Lock()
	b.held--
	b.gone++
	b.mu.Unlock()
	b.released.Signal() // only the holder of retrying waits
}

// Retry calls open, which opens something: again and again, whenever a file was closed,
// as long as it fails for want of a descriptor and files are open that will be closed.
// When it succeeded, Release is to be called for what was opened.
func (b *Budget) Retry(open func() error) error {
	err := b.try(open)
	if err == nil || !Exhausted(err) {
		return err
	}
	b.retrying.Lock()
	defer b.retrying.Unlock()
	for {
		seen := b.closings()
		err = b.try(open)
		if err == nil || !Exhausted(err) || !b.awaitClosings(seen+2) { // one was ours
			return err
		}
	}
}

func (b *Budget) try(open func() error) error {
	b.Acquire()
	err := open()
	if err != nil {
		b.Release()
	}
	return err
}

func (b *Budget) closings() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.gone
}

// awaitClosings waits until there were so many. It returns false if no file is left to
// wait for.
func (b *Budget) awaitClosings(n uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.released.L = &b.mu
	for b.gone < n && b.held > 0 {
		b.released.Wait()
	}
	return b.gone >= n
}

// Held returns how many files are open, or being opened.
func (b *Budget) Held() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held
}
