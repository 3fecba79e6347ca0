package hasher

import (
	"slices"
	"sync"
	"time"
)

// patience is how long an idle worker lets a ready piece wait for company, at
// the least; at the most it is twice that.
const patience = 800 * time.Microsecond

// A Pool hashes the pieces of any number of streams on a bounded number of
// workers. A worker is a goroutine; it is started when there is work for it and
// lives until Close.
type Pool struct {
	limit int // workers at the most

	mu      sync.Mutex
	queues  []*queue // one for each algorithm in use
	turn    int      // the queue that is asked first for the next batch
	workers []*worker
	idle    []*worker
	closed  bool
	done    sync.WaitGroup

	sleep   func(time.Duration)
	ticking bool   // somebody sleeps, to tick then
	batches uint64 // how many have left
	ticked  uint64 // batches when the sleep began
}

// MaxWorkers is more workers than any machine has processors.
const MaxWorkers = 1 << 16

// NewPool returns a pool of at most workers workers: at least one, and no more
// than MaxWorkers.
func NewPool(workers int) *Pool {
	return &Pool{limit: min(max(workers, 1), MaxWorkers), sleep: time.Sleep}
}

// SetSleep has the pool sleep by another function than time.Sleep, before its
// first stream is made. The pool sleeps for about a millisecond at a time, in a
// goroutine of its own, when it has reason to wait for something.
func (p *Pool) SetSleep(sleep func(time.Duration)) { p.sleep = sleep }

// Close ends the workers and returns when they have ended. Every stream must
// have been finished or abandoned.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	for _, w := range p.idle {
		w.wake <- struct{}{}
	}
	p.idle = nil
	p.mu.Unlock()
	p.done.Wait()
}

// Used names the kernels that have run, in alphabetical order: what hashed
// depends on the processor and on how many streams there were at a time. The
// pool must be closed.
func (p *Pool) Used() []string {
	var names []string
	for _, w := range p.workers {
		for _, e := range w.engines {
			names = append(names, e.used()...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// queueOf returns the queue of an algorithm.
func (p *Pool) queueOf(alg *Algorithm) *queue {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, q := range p.queues {
		if q.alg == alg {
			return q
		}
	}
	q := newQueue(alg)
	p.queues = append(p.queues, q)
	return q
}

// announce makes a closed stream expected.
func (p *Pool) announce(s *Stream) {
	p.mu.Lock()
	p.expect(s)
	p.mu.Unlock()
}

// abandon makes an expected stream closed.
func (p *Pool) abandon(s *Stream) {
	p.mu.Lock()
	p.unexpect(s)
	p.dispatch()
	p.mu.Unlock()
}

// submit queues a piece behind the others of its stream.
func (p *Pool) submit(s *Stream, pc piece) {
	p.mu.Lock()
	s.pieces = append(s.pieces, pc)
	if !s.running && len(s.pieces) == 1 {
		p.unexpect(s)
		s.queue.ready.push(s)
		p.dispatch()
	}
	p.mu.Unlock()
}

// expect counts a stream in. p.mu is held.
func (p *Pool) expect(s *Stream) {
	if !s.expected {
		s.expected = true
		s.epoch = s.queue.epoch
		s.queue.expected++
	}
}

// unexpect counts it out again, unless that was done when it was overdue. p.mu
// is held.
func (p *Pool) unexpect(s *Stream) {
	if s.expected {
		s.expected = false
		if s.epoch == s.queue.epoch {
			s.queue.expected--
		}
	}
}

// dispatch sends off the batches whose time has come. p.mu is held.
func (p *Pool) dispatch() {
	for {
		free := p.free()
		q, n := p.nextBatch(free)
		if n == 0 {
			// With one algorithm only an idle worker can pass over what is
			// ready; with several, a busy one can as well.
			if (free > 0 || len(p.queues) > 1) && p.anyReady() {
				p.startTimer()
			}
			return
		}
		w := p.takeWorker()
		for range n {
			s := q.ready.pop()
			w.next = append(w.next, job{stream: s, piece: s.take()})
		}
		p.batches++
		q.batches++
		w.wake <- struct{}{}
	}
}

// free is how many workers are idle, or not started yet. p.mu is held.
func (p *Pool) free() int { return len(p.idle) + p.limit - len(p.workers) }

// nextBatch returns the queue from which the next batch is to leave, and how
// many streams it takes; 0 if none is to leave yet. p.mu is held.
func (p *Pool) nextBatch(free int) (*queue, int) {
	for range p.queues {
		q := p.queues[p.turn]
		p.turn = (p.turn + 1) % len(p.queues)
		if n := q.nextBatch(free); n > 0 {
			return q, n
		}
	}
	return nil, 0
}

func (p *Pool) anyReady() bool {
	return slices.ContainsFunc(p.queues, func(q *queue) bool { return q.ready.len() > 0 })
}

// takeWorker returns an idle worker, the one that worked last if it can: its
// processor is awake. p.mu is held.
func (p *Pool) takeWorker() *worker {
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return w
	}
	w := &worker{pool: p, wake: make(chan struct{}, 1)}
	p.workers = append(p.workers, w)
	p.done.Go(w.work)
	return w
}

// startTimer sees to it that what is ready now leaves in time. p.mu is held.
func (p *Pool) startTimer() {
	if p.ticking || p.closed {
		return
	}
	p.ticking = true
	p.ticked = p.batches
	for _, q := range p.queues {
		q.watch()
	}
	p.done.Go(func() {
		p.sleep(patience)
		p.tick()
	})
}

// tick ends the waiting of each queue of which nothing has left since the sleep
// began, though there was a worker for it.
func (p *Pool) tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ticking = false
	if p.free() > 0 || p.batches != p.ticked {
		for _, q := range p.queues {
			q.endWait()
		}
	}
	p.dispatch()
}

// returning counts in the streams whose owners are about to get back the last
// of their buffers.
func (p *Pool) returning(batch []job) {
	p.mu.Lock()
	for _, j := range batch {
		if !j.last && len(j.stream.pieces) == 0 {
			p.expect(j.stream)
		}
	}
	p.mu.Unlock()
}

// settle moves the streams of a worker's batch on to their next states and
// gives the worker its next batch, if there is one. It reports whether the
// worker is to end.
func (p *Pool) settle(w *worker) (end bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, j := range w.batch {
		if j.last {
			continue // its owner may use it again already
		}
		s := j.stream
		s.running = false
		if len(s.pieces) > 0 {
			p.unexpect(s)
			s.queue.ready.push(s)
		} // else it is expected already, unless its owner has abandoned it
	}
	p.idle = append(p.idle, w)
	p.dispatch()
	if end = p.closed && len(w.next) == 0; end {
		p.idle = p.idle[:len(p.idle)-1] // dispatch takes the last one first
	}
	return end
}
