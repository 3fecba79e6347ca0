package hasher

// A worker hashes one batch after another.
type worker struct {
	pool    *Pool
	engines map[*Algorithm]engine
	batch   []job
	next    []job         // guarded by the pool's lock until wake is signalled
	wake    chan struct{} // capacity 1; an empty next means that the worker must return
}

// A job is one piece in a batch.
type job struct {
	stream *Stream
	piece
}

// An engine hashes batches of one algorithm: the state of each stream absorbs its
// piece, and the padding after the last piece. Every worker has its own engines, whose
// scratch memory is reused.
type engine interface {
	hash(batch []job)
	// used returns the names of the kernels that have run.
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

// engine returns the worker's engine for an algorithm, creating it if needed.
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

// giveBack returns the pieces of the batch to their owners and takes the next batch. It
// reports whether the worker must return.
//
// No other worker may take a stream before its owner has been called, or the owner
// could be called for a later piece first.
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
