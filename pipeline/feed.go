package pipeline

import (
	"sync"
	"time"

	"github.com/psha1sum/psha1sum/reader"
)

// A feed carries one file's bytes from its reader to the hashing pool, and the
// digests from there to the file's slot. The reader owns it until the last piece
// is handed in; from then on it is the pool's, whose worker puts everything
// back where it came from.
type feed struct {
	run     *run
	slot    *slot
	strands []*strand // of this file, one for each algorithm
	usual   []*strand // of files that ask for none in particular
	all     []*strand // that it ever had

	lesson lesson // for the run's memory
	// Of a file of which a part may be kept: when that is to be done next. written is
	// how many bytes the pool was given.
	large   bool
	counted bool // by the run's breaker
	partAt  time.Time
	written int64

	held int // buffers of this file, wherever they are
	back returned

	mu     sync.Mutex
	shared []shared
}

func (r *run) newFeed() *feed {
	f := &feed{run: r, back: returned{wake: make(chan struct{}, 1)}}
	f.usual = []*strand{f.strandFor(r.algorithm)}
	return f
}

// begin takes on the file of a slot, before it is opened, with one buffer.
func (f *feed) begin(s *slot) {
	f.slot = s
	f.held = 1
	f.large, f.counted, f.written = false, false, 0
	f.strands = f.strandsFor(s.wanted())
	for _, strand := range f.strands {
		strand.stream.Reset()
		strand.stream.Expect()
	}
}

// prepareAfter is after how many buffers a file takes long, and what the runtime does
// once in a while is to be expected.
const prepareAfter = 256

// carry reads file to its end, into the buffer buf, of which n bytes were read
// before, and sees to it that the slot is completed. It closes file. Neither
// file, feed nor buffer are the caller's afterwards.
func (f *feed) carry(file *reader.File, buf []byte, n int) {
	f.slot.result.Opened = true
	due := prepareAfter
	for end, err := false, error(nil); ; n = 0 {
		if !f.large || !f.run.aborted.Load() { // or what was read before is kept at once
			n, end, err = file.FillFrom(buf, n)
			f.saw(n)
		}
		if err == nil && f.run.aborted.Load() {
			err = errCancelled
		}
		if f.large && (err == errCancelled || err == nil && !end && f.partIsDue()) {
			f.keepPart(file)
		}
		if end && err == nil && f.lesson.wanted {
			f.lesson.learned = f.lesson.version.IsWhole(file)
		}
		if end || err != nil {
			cerr := file.Close()
			if f.slot.result.Reader == nil {
				f.run.descriptors.closed()
			}
			if err == nil {
				err = cerr
			}
		}
		switch {
		case err != nil:
			f.fail(err, buf)
			return
		case end:
			f.finish(buf[:n])
			return
		}
		f.write(buf[:n])
		if due--; due == 0 {
			f.run.threads.Prepare()
		}
		buf = f.nextBuffer()
	}
}

// nextBuffer returns an empty buffer: one that was hashed, or one more, as long
// as the file's share allows it. If neither is to be had it waits for the pool.
func (f *feed) nextBuffer() []byte {
	depot := f.run.depot
	for ; depot.overdrawn(f.held); f.held-- {
		depot.put(f.back.take(1))
	}
	if b := f.back.takeIfAny(); b != nil {
		return b
	}
	if b := depot.another(f.held); b != nil {
		f.held++
		return b
	}
	// The pool still has work with the other half when the reader wakes up.
	return f.back.take(f.held / 2)
}

// fail ends the file with an error. It is called by the reader, which holds
// buf, and waits for what is being hashed.
func (f *feed) fail(err error, buf []byte) {
	for ; f.held > 1; f.held-- {
		f.run.depot.put(f.back.take(1))
	}
	for _, strand := range f.strands {
		strand.stream.Abandon()
	}
	f.endLarge()
	s := f.slot
	if !s.rest {
		s.result.Err = err
	}
	f.run.depot.close(f, buf)
	f.run.window.complete(s)
}

// write hands a buffer to the pool.
func (f *feed) write(data []byte) {
	f.written += int64(len(data))
	f.share(data)
	for _, strand := range f.strands {
		strand.stream.Write(data)
	}
}

// finish hands the last buffer to the pool, and with it the feed.
func (f *feed) finish(data []byte) {
	f.share(data)
	for _, strand := range f.strands {
		strand.stream.Finish(data)
	}
}

// consumed is called when a strand is done with a buffer.
func (f *feed) consumed(data []byte) {
	if f.release(data) {
		f.back.put(data[:BufferSize])
	}
}

// finished is called when a strand is done with the last buffer. If it is the
// last strand, all other buffers have come back before.
func (f *feed) finished(data []byte) {
	if !f.release(data) {
		return
	}
	run, s := f.run, f.slot
	f.sum(s)
	run.teach(s, &f.lesson)
	f.endLarge()
	for ; f.held > 1; f.held-- {
		run.depot.put(f.back.take(1))
	}
	run.depot.close(f, data[:BufferSize])
	run.conclude(s)
}

// saw counts bytes that were read: of each file once, so that they are no more than
// it has.
func (f *feed) saw(n int) {
	if !f.slot.rest {
		f.run.progress.saw(n)
	}
}

// sum puts the digests where they belong.
func (f *feed) sum(s *slot) {
	for _, strand := range f.strands {
		s.add(strand.stream.Sum)
	}
}
