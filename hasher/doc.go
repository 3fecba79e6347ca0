// Package hasher computes digests of many messages at once on a pool of
// workers, each of which hashes several messages side by side.
//
// A message is a [Stream]: its owner hands it pieces of memory, the pool hashes
// them in order and gives each piece back through the stream's [Client]. Who
// owns the memory is always clear: the client until Write or Finish, the pool
// until Consumed or Finished. The pool keeps no slice after it gave it back,
// copies no more than a message's last block, and allocates nothing while it
// works (but see minio/sha256-simd in SIMD.md).
//
// What a stream has come to so far can be saved, as bytes, and another stream go on
// from there: Save and Restore.
//
// The package knows no files and makes no system call, so a whole pool can run
// in a testing/synctest bubble. It promises no order between streams.
//
//	pool := hasher.NewPool(runtime.GOMAXPROCS(0))
//	defer pool.Close()
//	s := pool.NewStream(hasher.SHA1, client)
//	s.Expect()      // the pool may wait a little for the first piece
//	s.Write(first)  // a multiple of 64 bytes
//	s.Finish(rest)  // client.Finished is called with s.Sum ready
//
// # Batches
//
// One message is a chain, bound by the latency of its rounds; messages side by
// side are not (SIMD.md). So a worker takes a batch: one piece each of several
// streams. The wide kernels cost the same whatever the number of their lanes
// that are busy, so how batches are gathered decides the speed.
//
// A stream is in one of these states, which the pool's lock guards:
//
//	closed    not announced, or finished and given back
//	expected  the pool holds nothing of it, and its owner may bring a piece at
//	          any moment
//	ready     the pool holds a piece of it and no worker does
//	running   a worker has a piece of it; more may be queued behind
//
// Expect leads from closed to expected, Write and Finish from either to ready, a
// batch from ready to running. A worker that is done with a piece leads its
// stream on to ready if more is queued, to closed if the piece was the last, and
// otherwise back to expected, before its owner even knows: whoever is about to
// be given a buffer back is about to fill it. Abandon leads from expected to
// closed.
//
// Whenever a stream changes its state, or a worker becomes idle, batches leave
// as long as there is an idle worker and
//
//   - a full batch is ready, or
//   - something is ready and no stream is expected, or
//   - something has been ready for a while. What is expected is overdue then
//     (a reader may be stuck, or its file may be somebody who waits for our
//     answer) and is counted out until it comes.
//
// What is ready when less than a full batch leaves is split over the idle
// workers so that the sum of their speeds is highest.
//
// Streams become ready in a queue and leave it in its order, so none starves.
// An idle worker and a ready stream are never left side by side without the
// timer running, so nothing is stuck.
package hasher
