package hasher

import (
	"slices"
	"sync"
	"time"
)

// batchWait is how long a ready piece waits for more streams beside an idle worker: at
// least this long, at most twice as long.
const batchWait = 800 * time.Microsecond

// A Pool hashes the pieces of any number of streams on a limited number of workers. A
// worker is a goroutine that is started when first needed and runs until Close. A Pool
// may be used by several goroutines at once.
type Pool struct {
	limit int // maximum number of workers

	mu      sync.Mutex
	queues  []*queue // one per algorithm in use
	turn    int      // index of the queue that is asked first for the next batch
	workers []*worker
	idle    []*worker
	closed  bool
	done    sync.WaitGroup

	sleep   func(time.Duration)
	ticking bool   // the timer is running
	batches uint64 // number of batches started
	ticked  uint64 // value of batches when the timer was started
}

// MaxWorkers is the maximum number of workers of a Pool.
const MaxWorkers = 1 << 16

// NewPool returns a pool with at most workers workers, a number that is clamped to 1 to
// MaxWorkers. It must be closed.
func NewPool(workers int) *Pool {
	return &Pool{limit: min(max(workers, 1), MaxWorkers), sleep: time.Sleep}
}

// SetSleep replaces time.Sleep, which the pool calls from its own goroutine with
// durations of about a millisecond. Call it before NewStream.
func (p *Pool) SetSleep(sleep func(time.Duration)) { p.sleep = sleep }

// Close stops the workers and waits until they have returned. Every stream must have
// been finished or abandoned.
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

// Used returns the names of the kernels that have run, sorted. They depend on the
// processor and on how many streams were hashed together. Call it after Close.
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

// queueOf returns the queue of an algorithm, creating it if needed.
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

// submit queues a piece after the others of its stream.
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

// expect counts s as expected. p.mu is held.
func (p *Pool) expect(s *Stream) {
	if !s.expected {
		s.expected = true
		s.epoch = s.queue.epoch
		s.queue.expected++
	}
}

// unexpect undoes expect, unless s was overdue and is no longer counted. p.mu is held.
func (p *Pool) unexpect(s *Stream) {
	if s.expected {
		s.expected = false
		if s.epoch == s.queue.epoch {
			s.queue.expected--
		}
	}
}

// dispatch starts all batches that can be started now. p.mu is held.
func (p *Pool) dispatch() {
	for {
		free := p.free()
		q, n := p.nextBatch(free)
		if n == 0 {
			// With one algorithm, ready streams are passed over only if a worker is
			// idle; with several, also while all are busy.
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

// free returns the number of workers that are idle or not started yet. p.mu is held.
func (p *Pool) free() int { return len(p.idle) + p.limit - len(p.workers) }

// nextBatch returns the queue of the next batch and its number of streams, 0 if none
// can be started yet. p.mu is held.
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

// takeWorker returns an idle worker, preferably the one that worked last, whose
// processor is most likely awake. p.mu is held.
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

// startTimer starts the timer that bounds how long ready streams wait. p.mu is held.
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
		p.sleep(batchWait)
		p.tick()
	})
}

// tick stops waiting for expected streams in each queue that has started no batch since
// the timer did, although a worker was available.
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

// returning marks as expected the streams whose owners are about to get their last
// buffer back.
func (p *Pool) returning(batch []job) {
	p.mu.Lock()
	for _, j := range batch {
		if !j.last && len(j.stream.pieces) == 0 {
			p.expect(j.stream)
		}
	}
	p.mu.Unlock()
}

// settle updates the states of the streams in a worker's batch and gives the worker its
// next batch, if there is one. It reports whether the worker must return.
func (p *Pool) settle(w *worker) (end bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, j := range w.batch {
		if j.last {
			continue // its owner may already be using it again
		}
		s := j.stream
		s.running = false
		if len(s.pieces) > 0 {
			p.unexpect(s)
			s.queue.ready.push(s)
		} // it is expected already, unless its owner has abandoned it
	}
	p.idle = append(p.idle, w)
	p.dispatch()
	if end = p.closed && len(w.next) == 0; end {
		p.idle = p.idle[:len(p.idle)-1] // dispatch takes the last idle worker first
	}
	return end
}
