package pipeline

import (
	"sync"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/reader"
)

// A single is a file that is read by itself: one that left its batch, because it is too
// large or special in some way, or one that is read a second time. It may be open
// already.
type single struct {
	slot    *slot
	info    reader.Info
	pending pendingDigest
	// file is the open file and head its first bytes, or nil if it isn't open.
	file *reader.File
	head []byte
}

// A singleQueue holds the singles that wait for a reader. It has readers of its own, so
// that singles are read even while all other readers wait for the source's next item or
// for room in the window.
type singleQueue struct {
	mu      sync.Mutex
	fewer   sync.Cond // waiting got shorter or closed was set
	waiting []single  // in order of arrival
	readers int       // readers that exist; each ends when waiting is empty
	closed  bool      // the run has ended
}

// wanted returns the algorithms of the present pass; none means the run's default.
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

// algorithms returns the algorithms of the present pass, with the default applied.
func (r *run) algorithms(s *slot) []*hasher.Algorithm {
	if wanted := s.wanted(); len(wanted) > 0 {
		return wanted
	}
	return r.defaults
}

// add appends a digest to the slot's result. sum appends it to dst.
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

// readableTwice reports whether a file can be read again after it has been read, as
// only a regular file that is no barrier can.
func (r *run) readableTwice(item *Item, info reader.Info) bool {
	return (info.Regular || info.Unstatted()) && !r.isBarrier(item, info)
}

// conclude ends a pass: it completes the slot, or queues the file for its second pass.
func (r *run) conclude(s *slot) {
	if r.endPass(s) {
		r.window.complete(s)
	}
}

// endPass reports whether a slot whose digests were computed is done. If not, it queues
// the file for a second pass. By then the name may stand for something else, such as a
// FIFO, so only a regular file is read, as if a directory had listed it.
func (r *run) endPass(s *slot) bool {
	if s.rest || s.result.First == 0 || s.result.Enough(&s.result) {
		return true
	}
	s.rest = true
	r.queueSingle(single{slot: s, info: reader.FromDirent()})
	return false
}

// queueSingle hands a file to a reader, and starts a reader if there is none. That one
// may sleep in system calls however few threads there are, like the first of the other
// readers.
func (r *run) queueSingle(f single) {
	q := &r.singles
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		f.drop(r) // its result is no longer wanted
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

// startAnother starts one more reader, if it may sleep in system calls. It doesn't if
// the thread limits have yet to be read: that takes a descriptor, and an item may name
// a descriptor that isn't open. r.singles.mu is held.
func (r *run) startAnother() {
	if r.singles.readers < r.maxReaders && !r.threads.Looks() && r.threads.Take(1) {
		r.startSingle()
	}
}

// startSingle starts a reader of singles. r.singles.mu is held.
func (r *run) startSingle() {
	r.singles.readers++
	r.readers.Go(func() {
		for f, ok := r.nextSingle(); ok; f, ok = r.nextSingle() {
			r.readSingle(&f)
		}
		r.threads.Give(1)
	})
}

// nextSingle returns the single that has waited longest. If others wait behind it and
// one more reader may sleep, it starts one. It returns false if the reader is to end.
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

// awaitFew waits until fewer files wait than there may be readers, so that what was
// learned by looking at them is still fresh when they are read.
func (r *run) awaitFew() {
	q := &r.singles
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) >= r.maxReaders && !q.closed {
		q.fewer.Wait()
	}
}

// closeSingles makes the readers end and drops what waits. No more readers start.
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
