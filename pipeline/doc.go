// Package pipeline computes the digests of many files concurrently and delivers them
// in order.
//
// Items flow one way. A [Source] returns them, reader goroutines claim them, look at
// them and read them, and a [Sink] receives the results in the source's order, each as
// soon as it and all earlier ones are known (window.go).
//
// # Batches and singles
//
// After admission (admission.go) a file is read in one of two ways, which share only
// the window.
//
// A batch (batch.go) is up to 64 neighbouring small files. One goroutine claims them
// together, looks at them, reads them into memory of its own (arena.go), through a ring
// of its own if it has one (io.go), and hashes them together. Shared state is
// locked twice per batch. If storage is slow, more goroutines take fewer files each
// (latency.go). While a call for one file hangs, another goroutine continues with the
// rest of the batch (watchdog.go).
//
// A single (single.go) is a file read by itself: one that is large, that is special in
// some way, or that comes alone. A goroutine of its own fills buffers of [BufferSize]
// bytes, and the workers of a hasher.Pool hash the buffers of all singles. A file being
// read this way is a fileJob (filejob.go), and its buffers come from the bufferPool
// (bufferpool.go). A file that turns out not to suit its batch leaves it and becomes a
// single.
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
// # Guarantees
//
//   - Order. Results come as if the items had been read one after the other,
//     whichever finished first. A file that can't be read is a result like any
//     other; the run continues.
//   - Bounds. At most 64 MiB of buffers, 3 MiB for each goroutine that reads
//     batches, [WindowItems] results and [WindowNameBytes] of names exist at a time,
//     whatever the number or size of files. If opening or reading a file blocks
//     forever, the files behind it are processed until the window is full or all
//     readers are blocked. If looking at a file blocks (a stat that never returns),
//     nothing behind it is opened, because it may be a barrier.
//   - Barriers. Opening a FIFO or reading a terminal has effects that others can
//     see. Such an item, and any with Item.Barrier set, is opened only when the sink
//     has written every earlier result, and nothing behind it is opened until its
//     own result has been written. No item is opened before all earlier ones are
//     known to be no barrier.
//   - Second passes. A file that is read again (Item.First) is read concurrently with
//     others, and its result is delivered in order.
//   - Descriptors. If the system has no more descriptors, the pipeline continues with
//     those it has, down to one file at a time (package internal/fdlimit).
//   - Threads. A goroutine that sleeps in a system call occupies a thread. Where
//     threads are limited the pipeline has fewer readers, down to one (package
//     internal/threads).
//   - Stalls. A system call that hangs delays only its own file: if that is in a batch,
//     another goroutine takes over the rest within 10 ms. There are no batches where
//     descriptors or threads are few, or if Options.Files is set.
//   - Termination. Run returns when everything it started has ended. Cancelling the
//     context stops it at the next read. Run waits for system calls that don't
//     return, such as a read from a dead server or a terminal, or the opening of a
//     FIFO without a writer.
//
// # Order of acquisition
//
// An item first takes its slot in the window, then is looked at, then waits for its
// turn to be opened, then takes a buffer, then a descriptor. Looking at a file may take
// a descriptor briefly and wait for one; this is safe because everything that holds a
// descriptor continues without waiting for the item. Nothing that holds one of these
// resources waits for an earlier one in the list, and delivering a result needs none of
// them, so there can be no deadlock.
package pipeline
