// Package fdlimit lets the program work with as few file descriptors as the system
// provides, down to the one that GNU's sha1sum needs.
//
// A [Budget] is the descriptor budget of a process. It checks once, when first asked,
// whether descriptors are few; everything that depends on this (timers, garbage
// collection, lookahead, batches) asks the Budget. It also counts open files, so that an
// open that fails for lack of a descriptor can wait for one of them to be closed.
//
// Two things check again with [Room], because they hold descriptors that files may need
// later: a cache, which holds eight while it is open, and a directory in which files are
// read. Not every run has them.
//
// Descriptor numbers matter as well: names such as /dev/fd/3 are operands and mean what
// the caller left open. Descriptors that the program keeps open are moved to [Away] and
// above.
package fdlimit

import (
	"sync"
	"time"
)

// A Budget tracks the descriptors of a process. It is safe for concurrent use. The zero
// value is ready to use.
type Budget struct {
	look sync.Once
	low  bool

	retrying sync.Mutex // held by the goroutine that waits for a descriptor; others queue

	mu       sync.Mutex
	released sync.Cond // signals a change of gone
	held     int       // files that are open or being opened
	gone     uint64    // number of decrements of held
}

// Low reports whether descriptors are so few that nothing should be opened except the
// files to be read. It must first be called before any of these is open.
func (b *Budget) Low() bool {
	b.look.Do(func() { b.low = !timersMayStart() })
	return b.low
}

// Sleep is like time.Sleep but never needs descriptors that aren't available. The first
// Go timer starts the runtime's poller, which takes two descriptors permanently and ends
// the process if it can't get them. If descriptors are few, Sleep uses poll(2) instead,
// which occupies a processor until the runtime notices.
func (b *Budget) Sleep(d time.Duration) {
	if b.Low() {
		pollFor(d)
		return
	}
	startTimers()
	time.Sleep(d)
}

// StartTimers makes the runtime's poller take its descriptors now, unless they are few.
// Later the poller could take the number of a file just closed, which an operand may
// name.
func (b *Budget) StartTimers() {
	if !b.Low() {
		startTimers()
	}
}

// Acquire records that a file is about to be opened, and Release that it was closed or
// could not be opened. A file counts before it is open, so that every descriptor in use
// belongs to a counted file.
func (b *Budget) Acquire() {
	b.mu.Lock()
	b.held++
	b.mu.Unlock()
}

// Release undoes Acquire.
func (b *Budget) Release() {
	b.mu.Lock()
	b.held--
	b.gone++
	b.mu.Unlock()
	b.released.Signal() // only the holder of retrying waits
}

// Retry calls open, and calls it again each time a counted file is closed for as long as
// it fails for lack of a descriptor and such files are open. If it succeeds, the caller
// must call Release when what was opened is closed.
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
		if err == nil || !Exhausted(err) || !b.awaitClosings(seen+2) { // one is the failed attempt
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

// awaitClosings waits until n files have been closed. It returns false if no open file is
// left to wait for.
func (b *Budget) awaitClosings(n uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.released.L = &b.mu
	for b.gone < n && b.held > 0 {
		b.released.Wait()
	}
	return b.gone >= n
}

// Held returns the number of files that are open or being opened.
func (b *Budget) Held() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held
}
