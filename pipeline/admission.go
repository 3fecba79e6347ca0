package pipeline

import (
	"errors"
	"io"
	"runtime"
)

// A fileReader is a goroutine that claims items and reads them, either several
// neighbours as a batch or one as a single. collect and begin decide which.
type fileReader struct {
	run      *run
	granted  bool // it may sleep in system calls
	batching bool // it is counted in run.batching
	items    []Item
	slots    []*slot // the items claimed
	lease    *lease  // on its batch; nil if it has none
}

// startReader starts one more reader. The caller holds r.mu, or is the only goroutine.
func (r *run) startReader() {
	r.started++
	r.readers.Go(func() {
		w := &fileReader{run: r}
		w.read()
	})
}

// read claims and reads items until none are left for this reader.
func (w *fileReader) read() {
	r := w.run
	for w.claim() {
		if w.batching {
			w.readBatch()
		} else {
			w.readSingles(w.slots)
		}
	}
	w.close()
	if w.granted {
		r.threads.Give(1)
	}
}

// close releases the reader's batch.
func (w *fileReader) close() {
	if w.lease != nil {
		w.lease.batch.close()
		w.lease = nil
	}
}

// readBatch reads the slots as a batch.
//
// It yields first. A goroutine that makes system calls all the time and has not been
// rescheduled for 10 ms loses its processor in the next call. The thread that takes
// over, and the runtime polling every 20 microseconds for more such goroutines, cost a
// tenth of the time.
func (w *fileReader) readBatch() {
	runtime.Gosched()
	b := w.lease.batch
	b.slots, b.phase, b.took, b.forRing = w.slots, toLook, 0, 0
	r, files := w.run, len(w.slots)
	w.lease.work()
	if w.lease != nil && (b.forRing < files/2 || r.io.noRing.Load()) {
		r.latency.observe(b.took, files)
	}
}

// lose records that another goroutine has taken over the batch, and this reader's place
// in run.batching.
func (w *fileReader) lose() { w.lease, w.batching, w.slots = nil, false, nil }

// ensureBatch makes sure that the reader has a batch with an arena. It returns false if
// there is no memory for one.
func (w *fileReader) ensureBatch() bool {
	if w.lease != nil && w.lease.batch.arena == nil {
		w.close()
	}
	if w.lease == nil {
		if b := w.run.newBatch(); b != nil {
			w.lease = &lease{batch: b, reader: w}
		}
	}
	return w.lease != nil
}

// readSingles reads files one after the other, each as a single. They may take any
// time.
func (w *fileReader) readSingles(slots []*slot) {
	w.stepAside()
	for _, s := range slots {
		w.run.read(s)
	}
}

// stepAside gives up the reader's place in run.batching until the next claim, because
// it may be blocked for long.
func (w *fileReader) stepAside() {
	r := w.run
	if !w.batching {
		return
	}
	w.batching = false
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batching--
	r.startIfWanted()
}

// startIfWanted starts a reader if one more may read batches. r.mu is held.
func (r *run) startIfWanted() {
	if r.batching < r.latency.readers(r.workers, r.maxReaders) && r.started < r.maxReaders && !r.threads.Refuses() {
		r.startReader()
	}
}

// claim claims the next items and their slots. It returns false if there are no more
// items, or enough readers without this one.
//
// Each reader that has claimed something may start another, so there are never more
// readers than the items keep busy.
func (w *fileReader) claim() bool {
	r := w.run
	if !w.leave() {
		return false
	}
	r.awaitFew()
	r.admission.Lock()
	defer r.admission.Unlock()
	w.slots = w.slots[:0]
	for !r.ended {
		room := r.window.awaitRoom()
		if room.items == 0 {
			return false
		}
		if r.isShort(w) {
			return false
		}
		err := w.collect(room)
		if len(w.items) > 0 {
			w.admit()
		}
		if err == errNotGranted {
			return false
		}
		if err != nil {
			r.end(err)
		}
		if len(w.slots) > 0 {
			return w.begin()
		}
	}
	r.ends(w.granted)
	return false
}

// ends counts out a reader that has nothing left to do.
func (r *run) ends(granted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.countOut(granted)
}

// countOut is ends for callers that hold r.mu.
func (r *run) countOut(granted bool) {
	r.started--
	if granted {
		r.granted--
	}
}

// mayStart counts in n more readers that may sleep in system calls, all or none.
func (r *run) mayStart(n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.started+n > r.maxReaders || !r.threads.Take(n) {
		return false
	}
	r.started += n
	r.granted += n
	return true
}

// endOne counts out one reader counted in by mayStart.
func (r *run) endOne() {
	r.ends(true)
	r.threads.Give(1)
}

// leave ends the reader's last claim. It returns false if enough others read batches;
// the reader must then end.
func (w *fileReader) leave() bool {
	r := w.run
	r.mu.Lock()
	defer r.mu.Unlock()
	if w.batching {
		w.batching = false
		r.batching--
	}
	if r.batching < r.latency.readers(r.workers, r.maxReaders) {
		return true
	}
	r.countOut(w.granted)
	return false
}

// begin ends a claim: it decides whether the reader reads the slots as a batch, and
// starts another reader if one is wanted.
func (w *fileReader) begin() bool {
	r := w.run
	together := (len(w.slots) > 1 || r.io.mode == RingIO && !r.noBatches && isSmall(&w.slots[0].result.Item)) && w.ensureBatch()
	r.mu.Lock()
	defer r.mu.Unlock()
	if together {
		w.batching = true
		r.batching++
	}
	r.startIfWanted()
	return true
}

// isShort reports whether there are too few threads for this reader.
func (r *run) isShort(w *fileReader) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !w.granted || r.granted <= 1 || !r.threads.Short() {
		return false
	}
	r.countOut(true)
	return true
}

var errNotGranted = errors.New("one more reader may not sleep")

// collect takes items from the source: one, or as many as have arrived and fit a batch.
// If the source fails, the items taken before that are kept. r.admission is held.
func (w *fileReader) collect(room room) error {
	r := w.run
	w.items = w.items[:0]
	most, names := 1, 0
	for {
		item, err := r.next()
		if err != nil {
			return err
		}
		if !item.Marker && !w.granted {
			if w.granted = r.grant(); !w.granted {
				r.putBack(item)
				return errNotGranted
			}
		}
		if names += len(item.Name); len(w.items) > 0 && (names > room.names || !isSmall(&item)) {
			r.putBack(item)
			return nil
		}
		w.items = append(w.items, item)
		if r.claimed == 0 && len(w.items) == 1 && !r.noBatches && Arrived(r.source) {
			// Start the timers now: once files are opened and closed, the runtime's poller could
			// get the number of a descriptor that was just closed.
			r.descriptors.StartTimers()
		}
		if len(w.items) == 1 && isSmall(&item) {
			if most = min(r.batchSize(), room.items); most > 1 && !w.ensureBatch() {
				most = 1 // read each by itself
			}
		}
		if len(w.items) >= most || !Arrived(r.source) {
			return nil
		}
	}
}

// putBack keeps an item for the next claim. r.admission is held.
func (r *run) putBack(item Item) { r.left, r.isLeft = item, true }

// isSmall reports whether an item may be a small file, to be read in a batch.
func isSmall(item *Item) bool { return item.Reader == nil && !item.Barrier }

// admit gives the items their slots. r.admission is held.
func (w *fileReader) admit() {
	r := w.run
	r.claimed += len(w.items)
	w.slots = r.window.admit(w.slots, w.items)
	if len(w.slots) < len(w.items) {
		w.slots = w.slots[:0] // the run is being cancelled
	}
	n := 0
	for i, s := range w.slots {
		if !w.items[i].Marker {
			w.slots[n] = s
			n++
		}
	}
	w.slots = w.slots[:n]
	clear(w.items)
}

// end records that the source has no more items. r.admission is held.
func (r *run) end(err error) {
	r.ended = true
	switch {
	case err == io.EOF:
		err = nil
	case r.ctx.Err() != nil: // whatever error the source returned
		err = errCancelled
	}
	r.window.end(err)
}

// next returns the source's next item. r.admission is held.
func (r *run) next() (Item, error) {
	if r.isLeft {
		item := r.left
		r.left, r.isLeft = Item{}, false
		return item, nil
	}
	return r.source.Next(r.ctx, r.control)
}

// grant reports whether one more reader may sleep in system calls. The first always
// may. r.admission is held.
func (r *run) grant() bool {
	r.mu.Lock()
	first := r.granted == 0
	if first {
		r.granted++
	}
	r.mu.Unlock()
	if first {
		r.threads.Add(1)
		return true
	}
	if r.threads.Looks() {
		r.window.AwaitOpenable() // an item may name a descriptor that isn't open yet
	}
	if !r.threads.Take(1) {
		r.ends(false)
		return false
	}
	r.mu.Lock()
	r.granted++
	r.mu.Unlock()
	return true
}

// startSmall is how many items must have been claimed for each file in a batch, so that
// a few files are read concurrently rather than one after the other.
const startSmall = 4

// batchSize returns how many items to claim together. r.admission is held.
func (r *run) batchSize() int {
	if r.noBatches || r.threads.Looks() { // there may be no second reader
		return 1
	}
	r.descriptors.StartTimers() // for the watchdog
	if r.io.mode == RingIO {
		return batchFiles
	}
	return min(max(r.claimed/startSmall, 1), r.latency.batchFiles())
}
