package hasher

// A Client is told what becomes of the pieces it handed to a stream. Both
// methods are called from a worker's goroutine, without any lock held, strictly
// in the stream's order. They must not block: a worker that waits hashes
// nothing.
type Client interface {
	// Consumed says that the pool is done with data, a slice that the client
	// gave to Write: the memory is the client's again.
	Consumed(s *Stream, data []byte)

	// Finished says that the pool is done with data, the slice given to
	// Finish, and that Sum gives the digest. The stream is closed and the
	// client's to Reset and use again.
	Finished(s *Stream, data []byte)
}

// A Stream is the running state of one message for one algorithm. Its pieces
// are hashed strictly in order, one at a time, by whichever worker comes to it.
//
// A stream belongs to one goroutine at a time: the one that writes to it, until
// Finish; then the pool, until Client.Finished.
type Stream struct {
	pool   *Pool
	queue  *queue
	client Client
	state  state

	// Guarded by pool.mu.
	pieces   []piece // handed in and not yet taken by a worker, oldest first
	running  bool    // a worker has a piece that isn't the last
	expected bool
	epoch    uint64 // of the queue, when the stream became expected
}

// A state is what an algorithm knows of a message so far. Its engines know its
// type.
type state interface {
	reset()
	// sum appends the digest. The padding has been absorbed.
	sum(dst []byte) []byte
}

// A piece is a run of a message's bytes on its way through the pool.
type piece struct {
	data []byte
	last bool
}

// NewStream returns a stream at the beginning of a message. client is told of
// each piece that was hashed.
func (p *Pool) NewStream(alg *Algorithm, client Client) *Stream {
	s := &Stream{pool: p, queue: p.queueOf(alg), client: client, state: alg.newState()}
	s.state.reset()
	return s
}

// Reset takes the stream back to the beginning of a message. No piece may be in
// the pool.
func (s *Stream) Reset() { s.state.reset() }

// Expect announces the first piece of a message: what is ready of other streams
// may wait a little for its company. Later pieces need no announcement.
func (s *Stream) Expect() { s.pool.announce(s) }

// Abandon says that nothing more will come of a message that was announced or
// begun. Every piece must have been consumed.
func (s *Stream) Abandon() { s.pool.abandon(s) }

// Write hands the next bytes of the message to the pool and returns at once.
// len(data) is a positive multiple of the algorithm's BlockSize. The memory is
// the pool's until Client.Consumed gives it back.
func (s *Stream) Write(data []byte) { s.pool.submit(s, piece{data: data}) }

// Finish hands the last bytes of the message, any number of them, to the pool
// and returns at once. The memory and the stream are the pool's until
// Client.Finished gives them back.
func (s *Stream) Finish(data []byte) { s.pool.submit(s, piece{data: data, last: true}) }

// Sum appends the finished message's digest to dst.
func (s *Stream) Sum(dst []byte) []byte { return s.state.sum(dst) }

// take removes the stream's oldest piece and marks the stream as running, but
// not with the last one: nothing can come behind that before Finished, and from
// inside Finished the client may use the stream again. The pool's lock is
// held.
func (s *Stream) take() piece {
	pc := s.pieces[0]
	n := copy(s.pieces, s.pieces[1:])
	s.pieces[n] = piece{}
	s.pieces = s.pieces[:n]
	s.running = !pc.last
	return pc
}
