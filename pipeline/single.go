package pipeline

import (
	"sync"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/reader"
)

// A single is a file that is read by itself: one that left its batch, being too large
// for it or in some way special, or one that is read a second time. It may be opened.
type single struct {
	slot    *slot
	info    reader.Info
	pending pendingDigest
	// Of a file that is open, its beginning.
	file *reader.File
	head []byte
}

// A singleQueue is those that wait for a reader. Whoever finds one goes on; readers of
// their own see to it, so that it also gets done while all others wait for the
// source's next item or for room in the window.
type singleQueue struct {
	mu      sync.Mutex
	fewer   sync.Cond // waiting got shorter, or closed was set
	waiting []single  // longest waiting first
	readers int       // which go on as long as there are any
	closed  bool      // the run has come to its end
}

// wanted are the algorithms of the present pass; none means the run's.
func (s *slot) wanted() []*hasher.Algorithm {
	item := &s.result.Item
	switch {
	case s.rest:
		return item.Algorithms[item.First:]
	case item.First > 0:
		return item.Algorithms[:item.First]
	}
	return item.Algorithms
}

// algorithms are those of the present pass.
func (r *run) algorithms(s *slot) []*hasher.Algorithm {
	if wanted := s.wanted(); len(wanted) > 0 {
		return wanted
	}
	return r.defaults
}

// add puts a digest behind those that the slot's result has. sum appends it.
func (s *slot) add(sum func(dst []byte) []byte) {
	r := &s.result
	var digest []byte
	if r.Digest == nil {
		digest = sum(s.sum[:0])
		r.Digest = digest
	} else {
		digest = sum(nil)
	}
	if len(r.Algorithms) > 0 {
		r.Digests = append(r.Digests, digest)
	}
}

// readableTwice reports whether to read a file takes nothing away from who reads it
// again.
func (r *run) readableTwice(item *Item, info reader.Info) bool {
	return (info.Regular || info.Unstatted()) && !r.isBarrier(item, info)
}

// conclude completes a slot whose digests were computed, or has its file read again.
func (r *run) conclude(s *slot) {
	if r.endPass(s) {
		r.window.complete(s)
	}
}

// endPass reports whether a slot whose digests were computed is done. If it is not its
// file is read again. By then the name may stand for something else: for a FIFO that
// somebody waits at, say. So only a regular file is read, as if a directory had listed
// it.
func (r *run) endPass(s *slot) bool {
	if s.rest || s.result.First == 0 || s.result.Enough(&s.result) {
		return true
	}
	s.rest = true
	r.queueSingle(single{slot: s, info: reader.FromDirent()})
	return false
}

// queueSingle hands a file to a reader, and starts one if there is none: it may sleep
// in system calls, like the first of the others, however few threads there are.
func (r *run) queueSingle(f single) {
	q := &r.singles
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		f.drop(r) // nobody waits for it any more
		return
	}
	q.waiting = append(q.waiting, f)
	switch {
	case q.readers == 0:
		r.threads.Add(1)
		r.startSingle()
	case len(q.waiting) > 1:
		r.startAnother()
	}
}

// startAnother starts one more reader, if it may sleep: to look at the limits of
// threads takes a descriptor, which must not be opened just now. An item may be one
// that isn't open. r.singles.mu is held.
func (r *run) startAnother() {
	if r.singles.readers < r.maxReaders && !r.threads.Looks() && r.threads.Take(1) {
		r.startSingle()
	}
}

// startSingle starts a reader. r.singles.mu is held.
func (r *run) startSingle() {
	r.singles.readers++
	r.readers.Go(func() {
		for f, ok := r.nextSingle(); ok; f, ok = r.nextSingle() {
			r.readSingle(&f)
		}
		r.threads.Give(1)
	})
}

// nextSingle returns the file that has waited longest. If others wait behind it and
// one more reader may sleep, it starts one. It returns false when the reader is to end.
func (r *run) nextSingle() (f single, ok bool) {
	q := &r.singles
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 || q.closed {
		q.readers--
		return f, false
	}
	f = q.waiting[0]
	q.waiting[0] = single{}
	q.waiting = q.waiting[1:]
	if len(q.waiting) < r.maxReaders {
		q.fewer.Broadcast()
	}
	if len(q.waiting) > 0 {
		r.startAnother()
	}
	return f, true
}

// awaitFew waits until no more files wait than there are readers: what was seen of
// them is soon made use of then.
func (r *run) awaitFew() {
	q := &r.singles
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) >= r.maxReaders && !q.closed {
		q.fewer.Wait()
	}
}

// closeSingles has the readers end, and no more of them start.
func (r *run) closeSingles() {
	q := &r.singles
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for i := range q.waiting {
		q.waiting[i].drop(r)
	}
	q.waiting = nil
	q.fewer.Broadcast()
}

// drop closes the file, if it is open.
func (f *single) drop(r *run) {
	if f.file != nil {
		f.file.Close()
		r.descriptors.Release()
	}
}

// readSingle reads a file that may be opened.
func (r *run) readSingle(single *single) {
	r.takeTurn()
	defer r.endTurn()
	j, buf := r.buffers.acquire(single.slot)
	if j == nil {
		single.drop(r)
		return
	}
	j.pending = single.pending
	switch {
	case single.file == nil:
		r.readFile(j, buf, single.info)
	case len(single.head) == 0:
		r.readOpen(j, buf, single.file)
	default:
		j.readLoop(single.file, buf, copy(buf[:cap(buf)], single.head))
	}
}
