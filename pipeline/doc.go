// Package pipeline computes the digests of many files at once and delivers them
// in order.
//
// Items flow one way: a [Source] names them, reader goroutines claim them, look at
// them and read them, and a [Sink] gets the results in the source's order, each as
// soon as its turn has come (window.go).
//
// # Two kinds of work
//
// From admission on (admission.go) there are two kinds of work, which share the window
// and nothing else.
//
// A batch (batch.go) is up to 64 small files that are neighbours. One goroutine claims
// them together, looks at them, reads them into memory of its own (arena.go), through a
// ring of its own if it has one (io.go), and hashes them side by side without anybody's
// help. What all share is locked twice for each batch. Where storage has to be waited
// for, more goroutines have fewer files each (latency.go), and while a call for one file
// hangs, another goroutine goes on with the rest of the batch (watchdog.go).
//
// A single (single.go) is a file by itself: one that is large, that is special in some
// way, or that comes alone. A goroutine of its own fills buffers of [BufferSize] bytes,
// and the workers of a hasher.Pool hash those of all singles. A file that is
// being read so is a fileJob (filejob.go), and its buffers come from the bufferPool
// (bufferpool.go). A file of a batch that turns out to be no small one leaves it and
// becomes a single.
//
// # Use
//
//	err := pipeline.Run(ctx, pipeline.Names("a", "b"), sink, pipeline.Options{})
//
// or, for a plain loop over the results,
//
//	for r := range pipeline.Hash(ctx, pipeline.Options{}, "a", "b") {
//		fmt.Printf("%x %v\n", r.Digest, r.Err)
//	}
//
// # What is promised
//
//   - Order. Results come as if the items had been read one after the other,
//     whatever finished first. A file that can't be read is a result like any
//     other; the rest goes on.
//   - Bounds. At most 64 MiB of buffers, 3 MiB for each goroutine that reads
//     batches, [WindowItems] results and [WindowNameBytes] of names exist at a time,
//     whatever the number or size of files. Behind a file whose open or read takes
//     forever the others go on until the window is full or all readers are stuck, and
//     no further. A file that can't even be looked at (a stat that never returns)
//     holds up what is behind it: it may be a barrier.
//   - Barriers. Opening a FIFO or reading a terminal is an event that others
//     can see, so such an item (and any with Item.Barrier set) is opened only
//     when every earlier result has been written by the sink, and nothing behind
//     it is opened until its own result has been. No item is opened before all
//     earlier ones are known to be no barrier.
//   - Second passes. A file that is read again (Item.First) is read beside others and
//     its result comes in its place, like that of any other.
//   - Descriptors. Where the system has no more of them, the pipeline makes do
//     with what it has, down to one file at a time (package internal/fdlimit).
//   - Threads. A goroutine that sleeps in a system call takes a thread of the
//     system's, and where those are limited the pipeline has fewer readers, down to
//     one (package internal/threads).
//   - Stalls. A system call that hangs holds up its own file: if that is one of a
//     batch, another goroutine goes on with the rest of it within 10 ms. Where
//     descriptors or threads are few, or files are read one after the other, there
//     are no batches.
//   - Ending. Run returns when everything it started has ended. Cancelling the
//     context stops it at the next read; a system call that doesn't return,
//     such as a read from a dead server or a terminal, or the opening of a FIFO
//     without a writer, is waited for.
//
// # Who waits for whom
//
// An item takes its slot in the window before anything else, then is looked at,
// then waits for its turn to be opened, then takes a buffer, then a descriptor.
// Where looking takes a descriptor for a moment, it may wait for one: all that
// have one go on without it.
// Nobody who holds one of these waits for an earlier one in the list, and a
// result needs none of them to be delivered, so there is no circle to get stuck
// in.
package pipeline
