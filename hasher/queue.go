package hasher

// A queue holds the streams of one algorithm. Every batch comes from one queue. It is
// guarded by the pool's lock.
type queue struct {
	alg   *Algorithm
	lanes int // streams in a full batch
	plan  plan

	ready    fifo // ready streams, oldest first
	expected int  // expected streams that are not overdue

	// Expected streams count only if their epoch is this one. Starting a new epoch
	// makes all expected streams overdue.
	epoch   uint64
	batches uint64 // number of batches started
	watched uint64 // batches when the timer was started, or nothing
}

// nothing is the value of queue.watched if no stream was ready.
const nothing = ^uint64(0)

// watch records, when the timer is started, whether a stream is ready.
func (q *queue) watch() {
	q.watched = nothing
	if q.ready.len() > 0 {
		q.watched = q.batches
	}
}

// endWait makes the expected streams overdue if no batch was started since watch.
func (q *queue) endWait() {
	if q.watched == q.batches {
		q.epoch++
		q.expected = 0
	}
}

func newQueue(alg *Algorithm) *queue {
	return &queue{alg: alg, lanes: alg.Lanes(), plan: plan{rate: alg.rate}}
}

// nextBatch returns how many streams the next batch takes if free workers are
// available, 0 if none can be started yet.
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

// A fifo is a first-in, first-out queue of streams in a ring buffer.
type fifo struct {
	ring []*Stream // length is zero or a power of two
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
