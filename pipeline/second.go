package pipeline

import (
	"sync"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/reader"
)

// seconds are the files that are to be read a second time. Whoever hashes finds that
// out and goes on; readers of their own see to it, so that it also gets done while
// all others wait for the source's next item or for room in the window.
type seconds struct {
	mu      sync.Mutex
	waiting []*slot // longest waiting first
	readers int     // which go on as long as there are any
	closed  bool    // the run has come to its end
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

// readableTwice reports whether to read a file takes nothing away from who reads it
// again.
func (r *run) readableTwice(item *Item, info reader.Info) bool {
	return (info.Regular || info.Unseen()) && !r.isBarrier(item, info)
}

// conclude completes a slot whose digests were computed, or has its file read again.
func (r *run) conclude(s *slot) {
	if s.rest || s.result.First == 0 || s.result.Enough(&s.result) {
		r.window.complete(s)
		return
	}
	s.rest = true
	r.readAgain(s)
}

// readAgain hands the slot to a reader, and starts one if there is none: it may sleep
// in system calls, like the first of the others, however few threads there are.
func (r *run) readAgain(s *slot) {
	q := &r.seconds
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return // nobody waits for it any more
	}
	q.waiting = append(q.waiting, s)
	if q.readers == 0 {
		r.threads.Add(1)
		r.startSecond()
	}
}

// startSecond starts a reader. r.seconds.mu is held.
func (r *run) startSecond() {
	r.seconds.readers++
	r.readers.Go(func() {
		wait := make(chan loan, 1)
		for s := r.nextAgain(); s != nil; s = r.nextAgain() {
			r.readRest(s, wait)
		}
		r.threads.Give(1)
	})
}

// nextAgain returns the slot that has waited longest. If others wait behind it and one
// more reader may sleep, it starts one. It returns nil when the reader is to end.
func (r *run) nextAgain() *slot {
	q := &r.seconds
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 || q.closed {
		q.readers--
		return nil
	}
	s := q.waiting[0]
	q.waiting[0] = nil
	q.waiting = q.waiting[1:]
	// To look at the limits of threads takes a descriptor, which must not be opened
	// just now: an item may be one that isn't open.
	if len(q.waiting) > 0 && q.readers < r.maxReaders && !r.threads.Looks() && r.threads.Take(1) {
		r.startSecond()
	}
	return s
}

// close has the readers end, and no more of them start.
func (q *seconds) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

// readRest reads the slot's file for the algorithms that the first pass left out. By
// now the name may stand for something else: for a FIFO that somebody waits at, say.
// So only a regular file is read, as if a directory had listed it.
func (r *run) readRest(s *slot, wait chan loan) {
	r.takeTurn()
	defer r.endTurn()
	f, buf := r.depot.open(s, wait)
	if f == nil {
		return
	}
	f.lesson = lesson{}
	r.readFile(f, buf, reader.Listed())
}
