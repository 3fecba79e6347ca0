package pipeline

import (
	"slices"
	"sync"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/reader"
)

// A fileJob is a single file that is being read and hashed. It carries the bytes from
// its reader to the hashing pool, and the digests from there to the file's slot. The
// reader owns it until it hands in the last piece. From then on the pool owns it, and
// the worker that finishes it returns the job and its buffers to the bufferPool.
type fileJob struct {
	run     *run
	slot    *slot
	streams []digestStream // of this file, one per algorithm
	made    []digestStream // all streams made for this job, for reuse

	pending pendingDigest // what to tell the run's cache
	// The rest is for files of which a part may be kept. partAt is when to do so next;
	// written is how many bytes the pool was given.
	large   bool
	counted bool // counted by the run's breaker
	partAt  time.Time
	written int64

	held int // buffers of this file, in any state
	free freeList

	mu       sync.Mutex // guards what follows, if there are several streams
	consumed []int      // buffers that each stream is done with
	hashed   int        // buffers that all streams are done with
}

// A digestStream computes one digest of a file. The streams of a file share its
// buffers.
type digestStream struct {
	algorithm *hasher.Algorithm
	stream    *hasher.Stream
}

func (r *run) newJob() *fileJob { return &fileJob{run: r} }

// begin prepares the job for the slot's file, before the file is opened. The job holds
// one buffer.
func (j *fileJob) begin(s *slot) {
	j.slot = s
	j.held, j.hashed = 1, 0
	j.large, j.counted, j.written = false, false, 0
	j.streams, j.consumed = j.streams[:0], j.consumed[:0]
	for _, alg := range j.run.algorithms(s) {
		stream := j.streamOf(alg)
		stream.Reset()
		stream.Expect()
		j.streams = append(j.streams, digestStream{alg, stream})
		j.consumed = append(j.consumed, 0)
	}
}

// streamOf returns the job's stream for an algorithm, making it if necessary.
func (j *fileJob) streamOf(alg *hasher.Algorithm) *hasher.Stream {
	for i := range j.made {
		if j.made[i].algorithm == alg {
			return j.made[i].stream
		}
	}
	stream := j.run.pool.NewStream(alg, j)
	j.made = append(j.made, digestStream{alg, stream})
	return stream
}

// prepareAfter is the number of buffers after which a file is taken to be long. The
// thread limits are read then, because the runtime's periodic work may need threads.
const prepareAfter = 256

// readLoop reads file to its end and closes it, and makes sure that the slot is
// completed. It reads into buf first, which holds n bytes that were read before. The
// file, the job and the buffer no longer belong to the caller.
func (j *fileJob) readLoop(file *reader.File, buf []byte, n int) {
	j.slot.result.Opened = true
	due := prepareAfter
	for end, err := false, error(nil); ; n = 0 {
		if !j.large || !j.run.aborted.Load() { // on an abort, keep what was read so far at once
			n, end, err = file.FillFrom(buf, n)
			j.saw(n)
		}
		if err == nil && j.run.aborted.Load() {
			err = errCancelled
		}
		if j.large && (err == errCancelled || err == nil && !end && j.partIsDue()) {
			j.keepPart(file)
		}
		if end && err == nil && j.pending.wanted {
			j.pending.unchanged = j.pending.version.IsWhole(file)
		}
		if end || err != nil {
			cerr := file.Close()
			if j.slot.result.Reader == nil {
				j.run.descriptors.Release()
			}
			if err == nil {
				err = cerr
			}
		}
		switch {
		case err != nil:
			j.fail(err, buf)
			return
		case end:
			j.finish(buf[:n])
			return
		}
		j.write(buf[:n])
		if due--; due == 0 {
			j.run.threads.Prepare()
		}
		buf = j.run.buffers.next(j)
	}
}

// fail ends the file with an error. The reader calls it, holding buf. It waits for what
// is being hashed.
func (j *fileJob) fail(err error, buf []byte) {
	j.run.buffers.reclaim(j)
	for _, d := range j.streams {
		d.stream.Abandon()
	}
	j.endLarge()
	s := j.slot
	if !s.rest {
		s.result.Err = err
	}
	j.run.buffers.release(j, buf)
	j.run.window.complete(s)
}

// write hands a buffer to the hashing pool.
func (j *fileJob) write(data []byte) {
	j.written += int64(len(data))
	for _, d := range j.streams {
		d.stream.Write(data)
	}
}

// finish hands the last buffer to the hashing pool, and ownership of the job with it.
func (j *fileJob) finish(data []byte) {
	for _, d := range j.streams {
		d.stream.Finish(data)
	}
}

// Consumed implements hasher.Client.
func (j *fileJob) Consumed(s *hasher.Stream, data []byte) {
	if j.isHashed(s) {
		j.run.buffers.recycle(j, data[:BufferSize])
	}
}

// Finished implements hasher.Client. When the last stream has finished, all other
// buffers have already come back.
func (j *fileJob) Finished(stream *hasher.Stream, data []byte) {
	if !j.isHashed(stream) {
		return
	}
	run, s := j.run, j.slot
	j.sum(s)
	run.store(s, &j.pending)
	j.endLarge()
	run.buffers.reclaim(j)
	run.buffers.release(j, data[:BufferSize])
	run.conclude(s)
}

// isHashed records that a stream is done with a buffer, and reports whether it was the
// last to be. All streams get the buffers in the same order, so a buffer is hashed when
// the slowest stream is done with it.
func (j *fileJob) isHashed(s *hasher.Stream) bool {
	if len(j.streams) == 1 {
		return true
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := range j.streams {
		if j.streams[i].stream == s {
			j.consumed[i]++
		}
	}
	slowest := slices.Min(j.consumed)
	last := slowest > j.hashed
	j.hashed = slowest
	return last
}

// saw counts bytes read. Only the first pass counts, so that a file's bytes are counted
// once.
func (j *fileJob) saw(n int) {
	if !j.slot.rest {
		j.run.progress.saw(n)
	}
}

// sum appends the digests to the slot's result.
func (j *fileJob) sum(s *slot) {
	for _, d := range j.streams {
		s.add(d.stream.Sum)
	}
}
