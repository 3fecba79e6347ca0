package hasher

// A queue is what a pool knows of the streams of one algorithm. A batch is taken
// from one queue. The pool's lock guards it.
type queue struct {
	alg   *Algorithm
	lanes int // streams in a batch at the most
	plan  plan

	ready    fifo // streams that are ready, longest waiting first
	expected int  // streams that are expected and not overdue

	// A stream counts as expected if it became so in this epoch. A new one
	// begins when those that are expected are overdue.
	epoch   uint64
	batches uint64 // how many have left
	watched uint64 // batches when the timer was started and something was ready
}

// nothing is queue.watched when nothing was ready.
const nothing = ^uint64(0)

// watch remembers, when the timer is started, whether something is ready.
func (q *queue) watch() {
	q.watched = nothing
	if q.ready.len() > 0 {
		q.watched = q.batches
	}
}

// endWait counts out what is expected if what was ready then still is.
func (q *queue) endWait() {
	if q.watched == q.batches {
		q.epoch++
		q.expected = 0
	}
}

func newQueue(alg *Algorithm) *queue {
	return &queue{alg: alg, lanes: alg.Lanes(), plan: plan{rate: alg.rate}}
}

// nextBatch is how many streams the next batch takes if so many workers are
// free, 0 if none is to leave yet.
func (q *queue) nextBatch(free int) int {
	n := q.ready.len()
	switch {
	case n == 0 || free == 0:
		return 0
	case q.expected == 0:
		return q.plan.first(n, free, q.lanes)
	case n >= q.lanes:
		return q.lanes
	}
	return 0
}

// A fifo is a queue of streams that reuses its memory.
type fifo struct {
	ring []*Stream // its length is zero or a power of two
	head int
	n    int
}

func (f *fifo) len() int { return f.n }

func (f *fifo) push(s *Stream) {
	if f.n == len(f.ring) {
		f.grow()
	}
	f.ring[(f.head+f.n)&(len(f.ring)-1)] = s
	f.n++
}

func (f *fifo) pop() *Stream {
	s := f.ring[f.head]
	f.ring[f.head] = nil
	f.head = (f.head + 1) & (len(f.ring) - 1)
	f.n--
	return s
}

func (f *fifo) grow() {
	ring := make([]*Stream, max(16, 2*len(f.ring)))
	for i := range f.n {
		ring[i] = f.ring[(f.head+i)&(len(f.ring)-1)]
	}
	f.ring, f.head = ring, 0
}
