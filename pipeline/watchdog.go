package pipeline

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// stallAfter is how long a system call for a file of a batch may take until what comes
// behind the file need not wait for it any more. It takes up to twice that until it is
// noticed.
const stallAfter = 5 * time.Millisecond

// A step is the call that a batch's goroutine is in, if it may hang there: in the upper
// half the generation of the lease, in the lower the member's index, plus one. It counts
// up the generation, and so tells the goroutine that it has lost the batch, whoever
// takes that over.
type step struct {
	at   atomic.Uint64
	last uint64 // as it was when the watchdog looked last
}

// A lease is what a goroutine has on a batch, until it loses it.
type lease struct {
	batch      *batch
	reader     *fileReader
	generation uint64
	at         uint64 // the batch's step, if it is still ours
}

// begin says that the next call is for member i and may hang. Until end nothing of the
// batch is the goroutine's but that member and its buffer.
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

// end says that the call has returned. It reports whether the batch is still the
// goroutine's.
func (h *lease) end() bool { return h.batch.step.at.CompareAndSwap(h.at, h.generation<<32) }

// A watchdog looks after the batches of a run: by a timer, while any of them may hang.
type watchdog struct {
	run   *run
	armed atomic.Bool // the timer

	mu      sync.Mutex
	batches []*batch
	timer   *time.Timer
	closed  bool
}

// add has a batch be looked after.
func (d *watchdog) add(b *batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.batches = append(d.batches, b)
}

// remove says that a batch is nobody's any more.
func (d *watchdog) remove(b *batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.batches = slices.DeleteFunc(d.batches, func(other *batch) bool { return other == b })
}

// watch is called when a step has begun: whoever disarms the timer looks for steps
// behind that.
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

// close returns when nothing is looked after any more.
func (d *watchdog) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	if d.timer != nil {
		d.timer.Stop()
	}
}

// check hands over what stalls.
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
		d.armed.Store(true) // a step has begun that believed in the timer
	}
	d.timer.Reset(d.run.stallAfter)
}

// mayHang reports whether the batch's goroutine is in a call that may hang.
func (b *batch) mayHang() bool { return uint32(b.step.at.Load()) != 0 }

// takeOver has another goroutine go on with a batch behind the member at which its own
// hangs, if there may be more of them: two more, as the one that hangs is one still.
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

// behind leaves the member at which the last lease was lost to that, and goes on behind
// it. It returns the slots that nobody has now: those behind a file that can't even be
// looked at may be looked at as well, and must wait for it.
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
	if len(b.slots) > 0 { // they are read on
		b.run.descriptors.Acquire()
	}
	b.finish()
	b.move()
	return nil
}

// move leaves the arena to a member that somebody else reads into it. If there is no
// memory for another the rest leaves.
func (b *batch) move() {
	arenas := &b.run.arenas
	from := b.arena
	if b.arena = arenas.get(); b.arena == nil {
		b.disperse()
		b.finish()
	}
	arenas.putShared(from)
}

// readBehind reads what is behind a file that can't be looked at.
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
