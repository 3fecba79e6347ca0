package pipeline

import (
	"sync"

	"github.com/psha1sum/psha1sum/hasher"
)

const (
	// WindowItems is how many items may be admitted and not yet written.
	WindowItems = 16384
	// WindowNameBytes limits the total length in bytes of their names. A single longer
	// name is admitted if it is the only one.
	WindowNameBytes = 2 << 20
	// retireEvery is how many results may be taken before they are flushed and their slots
	// freed, even if more are ready.
	retireEvery = WindowItems / 4
)

// A window restores the order of admission to results that complete in any order, and
// decides which items may be opened when.
//
// Its slots are numbered from 0 as items are admitted. Four numbers divide them:
//
//	written <= taken <= next      and      written <= settled <= next
//
// Slots below written are free: the sink has flushed their results. Those below taken
// have been handed to the sink. next is the number of the next item. Every item below
// settled is known to be no barrier, or a barrier that is over. Items in slots up to
// and including settled may be opened if they are no barriers themselves. A barrier may
// be opened when written has reached its slot.
//
// What was seen of an item behind a barrier is stale once the barrier is over: the
// barrier's producer may have replaced the file. So each barrier that ends begins a new
// epoch, and a slot counts as settled only if its item was looked at in the present
// epoch.
type window struct {
	mu   sync.Mutex
	room sync.Cond // there may be room for another item; at most one goroutine waits
	head sync.Cond // the slot at taken may be done; at most one goroutine waits
	gate sync.Cond // settled or written moved; the source waits

	ring    []*slot // slot i is ring[i % len(ring)]; a power of two
	free    []*slot
	written uint64
	taken   uint64
	settled uint64
	next    uint64
	epoch   uint64
	names   int   // bytes of the names in slots written to next
	files   int64 // files done: see Progress
	ended   bool  // there are no more items
	err     error // why there are no more; nil for io.EOF
	aborted bool  // the run is being cancelled
}

// A slot is an item's place in the order. The goroutine that admitted the item owns the
// slot until it calls complete; then the window owns it.
type slot struct {
	result Result
	index  uint64
	rest   bool                 // the file is read a second time
	sum    [hasher.MaxSize]byte // what result.Digest points to

	granted grant // set by the bufferPool before it sends to wake

	// Guarded by window.mu.
	done    bool
	barrier bool // the item was opened as a barrier
	seen    uint64
	waiting bool
	wake    chan struct{} // capacity 1; receives one value each time waiting is set, or from the bufferPool
}

// Values of slot.seen, which otherwise is the epoch in which the item was seen to be no
// barrier.
const (
	notSeen    = ^uint64(0)
	neverMayBe = ^uint64(0) - 1 // can't be a barrier in any epoch
)

func newWindow() *window {
	w := &window{}
	w.room.L, w.head.L, w.gate.L = &w.mu, &w.mu, &w.mu
	return w
}

func (w *window) at(i uint64) *slot { return w.ring[i&uint64(len(w.ring)-1)] }

// room is for how many more items there is room, and for how many bytes of names. The
// first of them may have a longer name.
type room struct{ items, names int }

// awaitRoom waits until there is room for an item, and returns how much there is. It
// returns the zero room if the run is being cancelled.
func (w *window) awaitRoom() room {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.next-w.written == WindowItems && !w.aborted {
		w.room.Wait()
	}
	if w.aborted {
		return room{}
	}
	return room{int(WindowItems - (w.next - w.written)), WindowNameBytes - w.names}
}

// admit gives items the next slots, for which awaitRoom has found room, and waits until
// there is room for the name of the first. It appends the slots to dst, or nothing if
// the run is being cancelled. Markers are done at once.
func (w *window) admit(dst []*slot, items []Item) []*slot {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.names > 0 && w.names+len(items[0].Name) > WindowNameBytes && !w.aborted {
		w.room.Wait()
	}
	if w.aborted {
		return dst
	}
	first := w.next
	for i := range items {
		dst = append(dst, w.take(&items[i]))
	}
	w.settle()
	if first == w.taken {
		w.head.Signal()
	}
	return dst
}

// take gives an item the next slot. w.mu is held.
func (w *window) take(item *Item) *slot {
	w.names += len(item.Name)
	s := w.newSlot()
	s.result = Result{Item: *item}
	s.index, s.rest = w.next, false
	s.done, s.barrier, s.seen = item.Marker, false, notSeen
	if item.Marker || (item.Listed || item.Reader != nil) && !item.Barrier {
		s.seen = neverMayBe
	}
	w.next++
	if int(w.next-w.written) > len(w.ring) {
		w.grow()
	}
	w.ring[s.index&uint64(len(w.ring)-1)] = s
	return s
}

func (w *window) newSlot() *slot {
	if n := len(w.free); n > 0 {
		s := w.free[n-1]
		w.free = w.free[:n-1]
		return s
	}
	return &slot{wake: make(chan struct{}, 1)}
}

// grow doubles the ring. The slot at next-1 isn't in it yet.
func (w *window) grow() {
	ring := make([]*slot, max(64, 2*len(w.ring)))
	for i := w.written; i < w.next-1; i++ {
		ring[i&uint64(len(ring)-1)] = w.at(i)
	}
	w.ring = ring
}

// end records that there are no more items. err is nil if the source came to its end.
func (w *window) end(err error) {
	w.mu.Lock()
	w.ended, w.err = true, err
	w.mu.Unlock()
	w.head.Signal()
}

// abort wakes all goroutines that wait for the window, and makes them give up.
func (w *window) abort() {
	w.mu.Lock()
	w.aborted = true
	w.wakeAll()
	w.mu.Unlock()
	w.room.Broadcast()
	w.head.Broadcast()
}

// now returns the present epoch. Call it before looking at an item.
func (w *window) now() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.epoch
}

// A turn is what awaitTurn tells a reader to do.
type turn int

const (
	goAhead      turn = iota
	lookAgain         // a barrier has ended since the item was looked at
	runCancelled      // the run is being cancelled
)

// awaitTurn waits until the slot's item may be opened. The item was looked at in epoch;
// barrier says whether it was found to be one.
func (w *window) awaitTurn(s *slot, epoch uint64, barrier bool) turn {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !barrier && s.seen == notSeen && epoch == w.epoch {
		s.seen = epoch
		w.settle()
	}
	for {
		switch {
		case w.aborted:
			return runCancelled
		case s.seen != neverMayBe && epoch != w.epoch:
			s.seen = notSeen
			return lookAgain
		case !barrier && w.settled >= s.index:
			return goAhead
		case barrier && w.written == s.index:
			s.barrier = true
			return goAhead
		}
		s.waiting = true
		w.mu.Unlock()
		<-s.wake
		w.mu.Lock()
	}
}

// settle advances settled as far as possible. It wakes the slots that it passes, and
// the one at which it stops, since all items before that are known now. w.mu is held.
func (w *window) settle() {
	from := w.settled
	for w.settled < w.next {
		s := w.at(w.settled)
		if s.seen != neverMayBe && s.seen != w.epoch {
			break
		}
		w.settled++
		s.wakeUp()
	}
	if w.settled > from {
		if w.settled < w.next {
			w.at(w.settled).wakeUp()
		}
		w.gate.Broadcast()
	}
}

func (s *slot) wakeUp() {
	if s.waiting {
		s.waiting = false
		s.wake <- struct{}{}
	}
}

func (w *window) wakeAll() {
	for i := w.written; i < w.next; i++ {
		w.at(i).wakeUp()
	}
	w.gate.Broadcast()
}

// awaitTurns is awaitTurn for consecutive slots, none of which holds a barrier.
func (w *window) awaitTurns(slots []*slot, epoch uint64) turn {
	w.mu.Lock()
	defer w.mu.Unlock()
	if epoch == w.epoch {
		for _, s := range slots {
			if s.seen == notSeen {
				s.seen = epoch
			}
		}
		w.settle()
	}
	if len(slots) == 0 {
		return goAhead
	}
	last := slots[len(slots)-1]
	for {
		switch {
		case w.aborted:
			return runCancelled
		case epoch != w.epoch && mayBeBarriers(slots):
			for _, s := range slots {
				if s.seen != neverMayBe {
					s.seen = notSeen
				}
			}
			return lookAgain
		case w.settled >= last.index:
			return goAhead
		}
		last.waiting = true
		w.mu.Unlock()
		<-last.wake
		w.mu.Lock()
	}
}

// mayBeBarriers reports whether any of the slots could turn out to be a barrier in
// another epoch.
func mayBeBarriers(slots []*slot) bool {
	for _, s := range slots {
		if s.seen != neverMayBe {
			return true
		}
	}
	return false
}

// complete records that the slots' results are final. The window owns the slots from
// here on.
func (w *window) complete(slots ...*slot) {
	w.mu.Lock()
	first := false
	for _, s := range slots {
		s.done = true
		if s.result.Err != ErrExcluded && s.result.Err != ErrReserved {
			w.files++
		}
		first = first || s.index == w.taken
	}
	w.mu.Unlock()
	if first {
		w.head.Signal()
	}
}

// deliver hands the results to the sink, in order, until there are no more or the run
// is being cancelled.
func (w *window) deliver(sink Sink) error {
	var batch [256]*slot
	for {
		ready := w.takeDone(batch[:0], false)
		if len(ready) == 0 {
			if err := w.flush(sink); err != nil {
				return err
			}
			if ready = w.takeDone(ready, true); len(ready) == 0 {
				return w.why()
			}
		}
		for _, s := range ready {
			if err := sink.Result(&s.result); err != nil {
				return err
			}
		}
		if w.taken-w.written >= retireEvery {
			if err := w.flush(sink); err != nil {
				return err
			}
		}
	}
}

func (w *window) flush(sink Sink) error {
	if w.written == w.taken {
		return nil
	}
	if err := sink.Flush(); err != nil {
		return err // not written: what waits for it must not continue
	}
	w.retire()
	return nil
}

// why returns why deliver has ended: nil or the source's error if everything was
// delivered, errCancelled otherwise.
func (w *window) why() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended && w.taken == w.next {
		return w.err
	}
	return errCancelled
}

// takeDone appends the slots that are done, from taken on, to batch, up to its
// capacity. If wait is set it waits for at least one, and returns none only at the end
// or if the run is being cancelled.
func (w *window) takeDone(batch []*slot, wait bool) []*slot {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		for len(batch) < cap(batch) && w.taken < w.next && w.at(w.taken).done && !w.aborted {
			batch = append(batch, w.at(w.taken))
			w.taken++
		}
		if len(batch) > 0 || !wait || w.aborted || w.ended && w.taken == w.next {
			return batch
		}
		w.head.Wait()
	}
}

// retire frees the slots of all results taken so far, which the sink has flushed.
func (w *window) retire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	barrier := false
	for ; w.written < w.taken; w.written++ {
		s := w.at(w.written)
		if s.barrier {
			barrier = true
		}
		w.names -= len(s.result.Name)
		s.result = Result{}
		w.free = append(w.free, s)
	}
	w.settled = max(w.settled, w.written)
	if barrier {
		w.epoch++
		w.wakeAll()
	}
	w.settle()
	if w.written < w.next {
		w.at(w.written).wakeUp() // it may be a barrier whose turn has come
	}
	w.gate.Broadcast()
	w.room.Signal()
}

// AwaitOpenable implements Barrier.
func (w *window) AwaitOpenable() bool {
	return w.awaitGate(func(w *window) bool { return w.settled == w.next })
}

// AwaitWritten implements Barrier.
func (w *window) AwaitWritten() bool {
	return w.awaitGate(func(w *window) bool { return w.written == w.next })
}

func (w *window) awaitGate(open func(*window) bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !open(w) && !w.aborted {
		w.gate.Wait()
	}
	return !w.aborted
}
