// Package hasher computes digests of many messages concurrently. A pool of workers
// hashes several messages at a time on each core.
//
// A message is a [Stream]. Its owner hands over pieces of memory, the pool hashes them
// in order and returns each through the stream's [Client]. A piece belongs to the pool
// from Write or Finish until Consumed or Finished is called. The pool then keeps no
// reference to it. It copies at most the last block of a message, and allocates nothing
// per piece (except with minio/sha256-simd, see SIMD.md).
//
// Save and Restore convert the state of an unfinished stream to bytes and back, so that
// a message can be continued later.
//
// The package does not know files and makes no system calls, so a pool can run in a
// testing/synctest bubble. The order of results across streams is unspecified.
//
//	pool := hasher.NewPool(runtime.GOMAXPROCS(0))
//	defer pool.Close()
//	s := pool.NewStream(hasher.SHA1, client)
//	s.Expect()      // the pool may wait briefly for the first piece
//	s.Write(first)  // a multiple of 64 bytes
//	s.Finish(rest)  // client.Finished is called when s.Sum is ready
//
// # Batches
//
// The rounds of one message depend on each other, so its speed is bound by their
// latency; several messages can be hashed at the same time (SIMD.md). A worker
// therefore takes a batch: one piece from each of several streams. A call of a wide
// kernel takes the same time however many of its lanes are in use, so the speed depends
// on how full batches are.
//
// A stream is in one of these states, guarded by the pool's lock:
//
//	closed    not announced, or finished and returned
//	expected  the pool has no piece of it, but its owner may submit one soon
//	ready     the pool has a piece of it that no worker has taken
//	running   a worker is hashing a piece of it; more may be queued
//
// Expect changes closed to expected; Write and Finish change either to ready; a batch
// changes ready to running. When a worker is done with a piece, its stream becomes
// ready if more pieces are queued and closed if the piece was the last. Otherwise it
// becomes expected, just before the owner gets the buffer back and refills it. Abandon
// changes expected to closed.
//
// Whenever the state of a stream changes or a worker becomes idle, and as long as there
// is an idle worker, a batch is started if
//   - a full batch is ready, or
//   - something is ready and no stream is expected, or
//   - something has been ready for about a millisecond. Expected streams are then
//     overdue (the reader may be blocked, or whoever writes its file may be waiting
//     for our result) and no longer counted until their next piece.
//
// Streams in a partial batch are distributed over the idle workers so that the sum of
// the workers' rates is highest.
//
// Ready streams are kept in FIFO order per algorithm, so none starves. While there is
// both an idle worker and a ready stream the timer runs, so the pool cannot stall.
package hasher
