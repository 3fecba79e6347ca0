package pipeline

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// stallAfter is how long a system call for a file of a batch may take before another
// goroutine continues with the files behind it. Detection takes up to twice that long.
const stallAfter = 5 * time.Millisecond

// A step encodes the call that a batch's goroutine is in, if that call may hang: the
// upper half holds the lease's generation, the lower half the member's index plus one,
// or 0. Taking over the batch increments the generation, which tells the goroutine that
// it has lost the batch.
type step struct {
	at   atomic.Uint64
	last uint64 // value when the watchdog last looked
}

// A lease is a goroutine's right to a batch, until another takes the batch over.
type lease struct {
	batch      *batch
	reader     *fileReader
	generation uint64
	at         uint64 // equals the batch's step while the lease is valid
}

// begin records that the next call is for member i and may hang. Until end, the
// goroutine owns nothing of the batch but that member and its buffer.
func (h *lease) begin(i int) {
	b := h.batch
	b.counted = h.reader.batching
	h.at = h.generation<<32 | uint64(i+1)
	b.step.at.Store(h.at)
	b.run.watchdog.watch()
	if now := b.run.stallNow; now != nil && now() {
		b.run.takeOver(b, h.at)
	}
}

// end records that the call has returned. It reports whether the goroutine still has
// the batch.
func (h *lease) end() bool { return h.batch.step.at.CompareAndSwap(h.at, h.generation<<32) }

// A watchdog detects stalled batches of a run. Its timer runs while any batch is in a
// call that may hang.
type watchdog struct {
	run   *run
	armed atomic.Bool // whether the timer is set

	mu      sync.Mutex
	batches []*batch
	timer   *time.Timer
	closed  bool
}

// add starts watching a batch.
func (d *watchdog) add(b *batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.batches = append(d.batches, b)
}

// remove stops watching a batch.
func (d *watchdog) remove(b *batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.batches = slices.DeleteFunc(d.batches, func(other *batch) bool { return other == b })
}

// watch sets the timer, if it isn't set. It is called after a step has begun; check
// looks for such steps again after it has disarmed the timer.
func (d *watchdog) watch() {
	if d.armed.Load() {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.armed.Swap(true) {
		return
	}
	if d.timer == nil {
		d.timer = time.AfterFunc(d.run.stallAfter, d.check)
	} else {
		d.timer.Reset(d.run.stallAfter)
	}
}

// close stops the watchdog. When it returns, no check is running or will do anything.
func (d *watchdog) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	if d.timer != nil {
		d.timer.Stop()
	}
}

// check takes over the batches that have stalled since the last check.
func (d *watchdog) check() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	moved := false
	for _, b := range d.batches {
		at := b.step.at.Load()
		if at == b.step.last && uint32(at) != 0 {
			d.run.takeOver(b, at)
		}
		moved = moved || at != b.step.last || uint32(at) != 0
		b.step.last = at
	}
	if !moved {
		d.armed.Store(false)
		if !slices.ContainsFunc(d.batches, (*batch).mayHang) {
			return
		}
		d.armed.Store(true) // a step began while armed was still set
	}
	d.timer.Reset(d.run.stallAfter)
}

// mayHang reports whether the batch's goroutine is in a call that may hang.
func (b *batch) mayHang() bool { return uint32(b.step.at.Load()) != 0 }

// takeOver starts a goroutine that continues a batch behind the member whose call
// hangs, if two more readers may be started. The hung goroutine still counts as one.
func (r *run) takeOver(b *batch, at uint64) {
	if !r.mayStart(2) {
		return
	}
	generation := at>>32 + 1
	if !b.step.at.CompareAndSwap(at, generation<<32) {
		r.endOne()
		r.endOne()
		return
	}
	w := &fileReader{run: r, granted: true, batching: b.counted}
	w.lease = &lease{batch: b, reader: w, generation: generation}
	i := int(uint32(at)) - 1
	r.readers.Go(func() {
		behind := w.lease.behind(i)
		if len(behind) > 0 {
			r.readers.Go(func() { r.readBehind(behind) })
		} else {
			r.endOne()
		}
		w.lease.work()
		w.read()
	})
}

// behind leaves member i to the goroutine that lost the lease, and prepares the batch
// to continue behind it. If the goroutine hangs in looking at the file, behind returns
// the slots after it: they may be looked at, but must not be opened before it is known.
func (h *lease) behind(i int) []*slot {
	b := h.batch
	if b.phase == toLook {
		behind := slices.Clone(b.slots[i+1:])
		b.slots = b.slots[:i:i]
		b.phase = toWait
		return behind
	}
	b.members = slices.Concat(b.members[:i], b.members[i+1:])
	b.slots = slices.Concat(b.slots[:i], b.slots[i+1:])
	b.next = i
	if len(b.slots) > 0 { // reading goes on
		b.run.descriptors.Acquire()
	}
	b.finish()
	b.move()
	return nil
}

// move leaves the arena to the member that the other goroutine is reading into it, and
// gets a new one. If there is no memory for that, the remaining members leave the
// batch.
func (b *batch) move() {
	arenas := &b.run.arenas
	from := b.arena
	if b.arena = arenas.get(); b.arena == nil {
		b.disperse()
		b.finish()
	}
	arenas.putShared(from)
}

// readBehind reads the files behind one that can't be looked at.
func (r *run) readBehind(slots []*slot) {
	defer r.endOne()
	w := &fileReader{run: r, slots: slots}
	if !w.ensureBatch() {
		w.readSingles(slots)
		return
	}
	w.readBatch()
	w.close()
}
