package hasher

import "hash"

// A Client is told what becomes of the pieces it handed to a stream. Both
// methods are called from a worker's goroutine, without any lock held, strictly
// in the stream's order. They must not block: a worker that waits hashes
// nothing.
type Client interface {
	// Consumed says that the pool is done with data, a slice that the client
	// gave to Write: the memory is the client's again.
	Consumed(s *Stream, data []byte)

	// Finished says that the pool is done with data, the slice given to
	// Finish, and that Sum gives the digest. The stream is the client's to
	// Reset and use again.
	Finished(s *Stream, data []byte)
}

// A Stream is the running state of one message for one algorithm. Its pieces
// are hashed strictly in order, one at a time, by whichever worker comes to it.
//
// A stream belongs to one goroutine at a time: the one that writes to it, until
// Finish; then the pool, until Client.Finished.
type Stream struct {
	pool   *Pool
	alg    *Algorithm
	client Client
	hash   hash.Hash

	// Guarded by pool.mu.
	pieces  []piece // handed in and not yet taken by a worker, oldest first
	running bool    // a worker holds a piece of this stream
}

// A piece is a run of a message's bytes on its way through the pool.
type piece struct {
	data []byte
	last bool
}

// NewStream returns a stream at the beginning of a message. client is told of
// each piece that was hashed.
func (p *Pool) NewStream(alg *Algorithm, client Client) *Stream {
	return &Stream{pool: p, alg: alg, client: client, hash: alg.newHash()}
}

// Reset takes the stream back to the beginning of a message. No piece may be
// in the pool.
func (s *Stream) Reset() { s.hash.Reset() }

// Write hands the next bytes of the message to the pool and returns at once.
// len(data) is a positive multiple of the algorithm's BlockSize. The memory is
// the pool's until Client.Consumed gives it back.
func (s *Stream) Write(data []byte) { s.pool.submit(s, piece{data: data}) }

// Finish hands the last bytes of the message, any number of them, to the pool
// and returns at once. The memory and the stream are the pool's until
// Client.Finished gives them back.
func (s *Stream) Finish(data []byte) { s.pool.submit(s, piece{data: data, last: true}) }

// Sum appends the finished message's digest to dst.
func (s *Stream) Sum(dst []byte) []byte { return s.hash.Sum(dst) }
