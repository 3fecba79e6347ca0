package pipeline

import (
	"sync"
	"time"

	"github.com/psha1sum/psha1sum/reader"
)

// LargeFile is the size in bytes from which on it is worth it to keep what was
// computed of a part of a file.
const LargeFile = 64 << 20

// partEvery is how often that is done while a file is read: as much work is lost if
// the process is killed.
const partEvery = 30 * time.Second

// A part is what a cache knows of the beginning of a file.
type part struct {
	begun  time.Time // before its first byte was read
	length int64
	states [][]byte // by the item's algorithms
}

// A Breaker breaks a run off from outside, at any time. The zero value is for one run,
// which gets it by its Options.
type Breaker struct {
	mu     sync.Mutex
	broken bool
	abort  func()        // nil: the run hasn't begun
	large  int           // files under way of which a part may be kept
	none   chan struct{} // closed when there are none any more, if somebody waits for that
}

// BreakOff has no result come out any more, and waits until the run's cache was told
// of what has been read of large files, but no longer than some time: whoever reads
// may wait for a server that doesn't answer. The run itself may take longer to end.
func (b *Breaker) BreakOff(patience time.Duration) {
	b.mu.Lock()
	b.broken = true
	abort := b.abort
	b.mu.Unlock()
	if abort == nil {
		return
	}
	abort()
	// A file that begins from now on is broken off before its first byte.
	none := b.whenNone()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-none:
	case <-timer.C:
	}
}

// whenNone returns a channel that is closed when no large file is under way.
func (b *Breaker) whenNone() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.none == nil {
		b.none = make(chan struct{})
	}
	none := b.none
	b.closeNone()
	return none
}

// begin tells how a run is aborted. nil is of no run.
func (b *Breaker) begin(abort func()) {
	if b == nil {
		return
	}
	b.mu.Lock()
	b.abort = abort
	broken := b.broken
	b.mu.Unlock()
	if broken {
		abort()
	}
}

// add counts large files under way.
func (b *Breaker) add(n int) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.large += n
	b.closeNone()
}

// closeNone tells those who wait, if it is so. b.mu is held.
func (b *Breaker) closeNone() {
	if b.large == 0 && b.none != nil {
		close(b.none)
		b.none = nil
	}
}

// findPart looks for what is known of a file's beginning. It has to be known for all
// algorithms of the pass, of which each takes the same buffers.
func (r *run) findPart(s *slot, p *pendingDigest) {
	if p.version.Size < r.large {
		return
	}
	var known part
	for i, alg := range r.algorithms(s) {
		state, begun, ok := r.cache.FindPart(alg, &p.version, p.begun)
		if !ok {
			return
		}
		n, ok := alg.Saved(state)
		if !ok || n > p.version.Size || i > 0 && n != known.length {
			return
		}
		if known.length = n; i == 0 || begun.Before(known.begun) {
			known.begun = begun
		}
		known.states = append(known.states, state)
	}
	p.part = known
}

// readLarge is readLoop for a file that may be kept in part, and may have been before.
func (j *fileJob) readLarge(file *reader.File, buf []byte) {
	j.run.breaker.add(1)
	j.large, j.counted = true, true
	j.partAt = j.run.now().Add(partEvery)
	if j.pending.part.length > 0 {
		j.resume(file)
	}
	j.readLoop(file, buf, 0)
}

// endLarge says that there is nothing more to be kept of the file.
func (j *fileJob) endLarge() {
	if j.counted {
		j.run.breaker.add(-1)
	}
}

// isLarge reports whether a part of the job's file may be kept.
func (j *fileJob) isLarge() bool {
	if !j.pending.wanted || j.pending.version.Size < j.run.large {
		return false
	}
	for _, d := range j.streams {
		if !d.algorithm.Saves() {
			return false
		}
	}
	return true
}

// resume has the file be read from where its known part ends, if it is still the same
// version: nobody has been writing to it a moment ago.
func (j *fileJob) resume(file *reader.File) {
	p := &j.pending.part
	ok := j.pending.version.IsStill(file)
	for i, d := range j.streams {
		ok = ok && d.stream.Restore(p.states[i])
	}
	if !ok || !file.Skip(p.length) {
		for _, d := range j.streams {
			d.stream.Reset()
		}
		return
	}
	j.written = p.length
	j.pending.begun = p.begun
	j.saw(int(p.length))
	j.run.resumed.add(p.length, j.pending.version.Size)
}

// partIsDue reports whether it is time to keep a part.
func (j *fileJob) partIsDue() bool {
	now := j.run.now()
	if now.Before(j.partAt) {
		return false
	}
	j.partAt = now.Add(partEvery)
	return true
}

// keepPart tells the cache what was computed of the file so far, if it is still the
// same version behind the last byte of that. The reader has one buffer, and waits
// until the pool is done with the others.
func (j *fileJob) keepPart(file *reader.File) {
	if j.written == 0 || j.written == j.pending.part.length {
		return
	}
	j.run.buffers.awaitHashed(j)
	p := &j.pending
	if p.wanted = p.version.IsStill(file); !p.wanted {
		j.large = false // and never will be again
		return
	}
	p.part.length = j.written
	for _, d := range j.streams {
		j.run.cache.KeepPart(d.algorithm, &p.version, p.begun, d.stream.Save(nil))
	}
}

// Resumed counts the files of a run that were not read from their beginning, as it was
// known.
type Resumed struct {
	Files int64
	// Bytes were not read of Size.
	Bytes, Size int64
}

type resumed struct {
	mu sync.Mutex
	Resumed
}

func (r *resumed) add(bytes, size int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Files++
	r.Bytes += bytes
	r.Size += size
}
