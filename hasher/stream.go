package hasher

// A Client receives the pieces of a stream back. Its methods are called by a worker, in
// the stream's order and without holding a lock. They must not block, because a blocked
// worker hashes nothing.
type Client interface {
	// Consumed returns data, a slice that was passed to Write. The client owns the
	// memory again.
	Consumed(s *Stream, data []byte)

	// Finished returns data, the slice that was passed to Finish. The stream's Sum is
	// ready, and the client may Reset the stream and use it again.
	Finished(s *Stream, data []byte)
}

// A Stream is the state of one message under one algorithm. Its pieces are hashed in
// order, one at a time, by any worker.
//
// A stream may be used by one goroutine at a time. After Finish it belongs to the pool
// until Client.Finished is called.
type Stream struct {
	pool   *Pool
	queue  *queue
	client Client
	state  state

	// Guarded by pool.mu.
	pieces   []piece // submitted and not yet taken by a worker, oldest first
	running  bool    // a worker has a piece that is not the last
	expected bool
	epoch    uint64 // the queue's epoch when the stream became expected
}

// A state is an algorithm's state of a message. Only its own engine knows the concrete
// type.
type state interface {
	reset()
	// sum appends the digest. The padding must have been absorbed.
	sum(dst []byte) []byte
}

// A piece is part of a message.
type piece struct {
	data []byte
	last bool
}

// NewStream returns a stream at the beginning of a message. client gets every piece
// back.
func (p *Pool) NewStream(alg *Algorithm, client Client) *Stream {
	s := &Stream{pool: p, queue: p.queueOf(alg), client: client, state: alg.newState()}
	s.state.reset()
	return s
}

// Reset returns the stream to the beginning of a message. The pool must hold no piece
// of it.
func (s *Stream) Reset() { s.state.reset() }

// Expect announces the first piece of a message, so that ready streams may wait briefly
// to be hashed together with it. Later pieces need no announcement.
func (s *Stream) Expect() { s.pool.announce(s) }

// Abandon gives up a message that was announced or begun. Every piece must have been
// consumed.
func (s *Stream) Abandon() { s.pool.abandon(s) }

// Write submits the next bytes of the message and returns without waiting. len(data)
// must be a positive multiple of the algorithm's BlockSize. The pool owns data until
// Client.Consumed is called.
func (s *Stream) Write(data []byte) { s.pool.submit(s, piece{data: data}) }

// Finish submits the last bytes of the message, any number, and returns without
// waiting. The pool owns data and the stream until Client.Finished is called.
func (s *Stream) Finish(data []byte) { s.pool.submit(s, piece{data: data, last: true}) }

// Sum appends the digest of the finished message to dst.
func (s *Stream) Sum(dst []byte) []byte { return s.state.sum(dst) }

// take removes the stream's oldest piece and marks the stream as running, unless the
// piece is the last: no other piece can follow before Finished, and inside Finished the
// client may already reuse the stream. The pool's lock is held.
func (s *Stream) take() piece {
	pc := s.pieces[0]
	n := copy(s.pieces, s.pieces[1:])
	s.pieces[n] = piece{}
	s.pieces = s.pieces[:n]
	s.running = !pc.last
	return pc
}
