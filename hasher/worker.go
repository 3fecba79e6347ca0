package hasher

// A worker hashes one batch after the other.
type worker struct {
	pool    *Pool
	engines map[*Algorithm]engine
	batch   []job
	next    []job         // guarded by the pool's lock until wake is sent to
	wake    chan struct{} // capacity 1: next is to be hashed, or this is the end
}

// A job is one piece of a batch.
type job struct {
	stream *Stream
	piece
}

// An engine hashes batches of one algorithm: it makes the state of each stream
// absorb its piece, and the padding behind the last one. Each worker has
// engines of its own, so that they can keep what a batch needs in between.
type engine interface {
	hash(batch []job)
	// used names the kernels that have run.
	used() []string
}

// work hashes batches until the pool is closed.
func (w *worker) work() {
	for range w.wake {
		w.batch, w.next = w.next, w.batch[:0]
		if len(w.batch) == 0 {
			return
		}
		w.engine(w.batch[0].stream.queue.alg).hash(w.batch)
		if w.giveBack() {
			return
		}
	}
}

// engine returns the worker's engine for an algorithm.
func (w *worker) engine(alg *Algorithm) engine {
	e := w.engines[alg]
	if e == nil {
		if w.engines == nil {
			w.engines = make(map[*Algorithm]engine, 1)
		}
		e = alg.newEngine()
		w.engines[alg] = e
	}
	return e
}

// giveBack returns the batch's pieces to their owners and takes the next batch.
// It reports whether the worker is to end.
//
// A stream is kept from other workers until its owner was told, or the owner
// could be told of the next piece first.
func (w *worker) giveBack() (end bool) {
	w.pool.returning(w.batch)
	for _, j := range w.batch {
		if j.last {
			j.stream.client.Finished(j.stream, j.data)
		} else {
			j.stream.client.Consumed(j.stream, j.data)
		}
	}
	end = w.pool.settle(w)
	clear(w.batch)
	return end
}
