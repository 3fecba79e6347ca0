// Package hasher computes digests of many messages at once on a pool of
// workers.
//
// A message is a [Stream]: its owner hands it pieces of memory, the pool hashes
// them in order and gives each piece back through the stream's [Client]. Who
// owns the memory is always clear: the client until Write or Finish, the pool
// until Consumed or Finished. The pool keeps no slice after it gave it back,
// copies nothing and allocates nothing while it works.
//
// The package knows no files and makes no system call, so a whole pool can run
// in a testing/synctest bubble. It promises no order between streams.
//
//	pool := hasher.NewPool(runtime.GOMAXPROCS(0))
//	defer pool.Close()
//	s := pool.NewStream(hasher.SHA1, client)
//	s.Write(first)  // a multiple of 64 bytes
//	s.Finish(rest)  // client.Finished is called with s.Sum ready
package hasher

import "sync"

// A Pool hashes the pieces of any number of streams on a bounded number of
// workers. A worker is a goroutine; it is started when there is work for it and
// lives until Close.
type Pool struct {
	limit int // workers at the most

	mu      sync.Mutex
	work    sync.Cond // something became ready, or the pool closed
	ready   fifo      // streams with a piece and no worker, longest waiting first
	started int
	idle    int // workers that wait for work
	closed  bool
	done    sync.WaitGroup
}

// NewPool returns a pool of at most workers workers, at least one.
func NewPool(workers int) *Pool {
	p := &Pool{limit: max(workers, 1)}
	p.work.L = &p.mu
	return p
}

// Close ends the workers and returns when they have ended. Every stream must be
// finished, or have had its pieces consumed.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.work.Broadcast()
	p.done.Wait()
}

// submit queues a piece behind the others of its stream.
func (p *Pool) submit(s *Stream, pc piece) {
	p.mu.Lock()
	s.pieces = append(s.pieces, pc)
	if !s.running && len(s.pieces) == 1 {
		p.ready.push(s)
		p.callWorker()
	}
	p.mu.Unlock()
}

// callWorker sees to it that a worker comes for what is ready. p.mu is held.
func (p *Pool) callWorker() {
	switch {
	case p.idle > 0:
		// Counted off here, not when the worker wakes: two pieces that become
		// ready in the meantime call two workers.
		p.idle--
		p.work.Signal()
	case p.started < p.limit:
		p.started++
		p.done.Go(p.worker)
	}
}

// worker hashes what is ready until the pool is closed.
func (p *Pool) worker() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.awaitWork() {
		s := p.ready.pop()
		pc := s.take()
		p.mu.Unlock()
		s.hash.Write(pc.data)
		s.giveBack(pc)
		p.mu.Lock()
		if !pc.last {
			p.release(s)
		}
	}
}

// awaitWork returns true when a stream is ready, false when the pool is closed.
// p.mu is held, and given up while there is nothing to do.
func (p *Pool) awaitWork() bool {
	for p.ready.len() == 0 {
		if p.closed {
			return false
		}
		p.idle++
		p.work.Wait()
	}
	return true
}

// release lets the stream's next piece be taken, after the client was told of
// the one before: any earlier and another worker could be told of the next one
// first. The worker that calls it comes back for one piece itself, so no other
// has to be called. p.mu is held.
func (p *Pool) release(s *Stream) {
	s.running = false
	if len(s.pieces) > 0 {
		p.ready.push(s)
	}
}

// giveBack ends a piece's stay in the pool.
func (s *Stream) giveBack(pc piece) {
	if pc.last {
		s.client.Finished(s, pc.data)
	} else {
		s.client.Consumed(s, pc.data)
	}
}

// take removes the stream's oldest piece and marks the stream as being hashed,
// but not with the last one: nothing can come behind it before Finished, and
// from inside Finished the client may use the stream again. The pool's lock is
// held.
func (s *Stream) take() piece {
	pc := s.pieces[0]
	n := copy(s.pieces, s.pieces[1:])
	s.pieces[n] = piece{}
	s.pieces = s.pieces[:n]
	s.running = !pc.last
	return pc
}

// A fifo is a queue of streams that reuses its memory.
type fifo struct {
	ring []*Stream // its length is zero or a power of two
	head int
	n    int
}

func (q *fifo) len() int { return q.n }

func (q *fifo) push(s *Stream) {
	if q.n == len(q.ring) {
		q.grow()
	}
	q.ring[(q.head+q.n)&(len(q.ring)-1)] = s
	q.n++
}

func (q *fifo) pop() *Stream {
	s := q.ring[q.head]
	q.ring[q.head] = nil
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.n--
	return s
}

func (q *fifo) grow() {
	ring := make([]*Stream, max(16, 2*len(q.ring)))
	for i := range q.n {
		ring[i] = q.ring[(q.head+i)&(len(q.ring)-1)]
	}
	q.ring, q.head = ring, 0
}
