package pipeline

import (
	"slices"
	"sync"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/reader"
)

// A fileJob is a single file that is being read and hashed: it carries the bytes from
// its reader to the hashing pool, and the digests from there to the file's slot. The
// reader owns it until the last piece is handed in; from then on it is the pool's, whose
// worker puts everything back where it came from.
type fileJob struct {
	run     *run
	slot    *slot
	streams []digestStream // of this file, one for each algorithm
	made    []digestStream // all that it ever had

	pending pendingDigest // for the run's cache
	// Of a file of which a part may be kept: when that is to be done next. written is
	// how many bytes the pool was given.
	large   bool
	counted bool // by the run's breaker
	partAt  time.Time
	written int64

	held int // buffers of this file, wherever they are
	free freeList

	mu       sync.Mutex // guards what follows, if there are several streams
	consumed []int      // how many buffers each of them is done with
	hashed   int        // and how many all are
}

// A digestStream is a file's way through an algorithm. Those of a file share its buffers.
type digestStream struct {
	algorithm *hasher.Algorithm
	stream    *hasher.Stream
}

func (r *run) newJob() *fileJob { return &fileJob{run: r} }

// begin takes on the file of a slot, before it is opened, with one buffer.
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

// streamOf returns the job's stream for an algorithm, and makes it if there was none.
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

// prepareAfter is after how many buffers a file takes long, and what the runtime does
// once in a while is to be expected.
const prepareAfter = 256

// readLoop reads file to its end, into the buffer buf, of which n bytes were read
// before, and sees to it that the slot is completed. It closes file. Neither
// file, job nor buffer are the caller's afterwards.
func (j *fileJob) readLoop(file *reader.File, buf []byte, n int) {
	j.slot.result.Opened = true
	due := prepareAfter
	for end, err := false, error(nil); ; n = 0 {
		if !j.large || !j.run.aborted.Load() { // or what was read before is kept at once
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

// fail ends the file with an error. It is called by the reader, which holds
// buf, and waits for what is being hashed.
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

// write hands a buffer to the pool.
func (j *fileJob) write(data []byte) {
	j.written += int64(len(data))
	for _, d := range j.streams {
		d.stream.Write(data)
	}
}

// finish hands the last buffer to the pool, and with it the job.
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
// buffers have come back before.
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

// isHashed notes that a stream is done with a buffer, and reports whether it was the
// last: all streams get the buffers in the same order, so a buffer is hashed when the
// slowest has come up to it.
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

// saw counts bytes that were read: of each file once, so that they are no more than
// it has.
func (j *fileJob) saw(n int) {
	if !j.slot.rest {
		j.run.progress.saw(n)
	}
}

// sum puts the digests where they belong.
func (j *fileJob) sum(s *slot) {
	for _, d := range j.streams {
		s.add(d.stream.Sum)
	}
}
