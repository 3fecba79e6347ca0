package pipeline

import (
	"sync"
	"time"

	"github.com/psha1sum/psha1sum/reader"
)

// LargeFile is the minimum size in bytes of a file of which partial results are kept.
const LargeFile = 64 << 20

// partEvery is how often a partial result is kept while a file is read. At most that
// much work is lost if the process is killed.
const partEvery = 30 * time.Second

// A part is what a cache knows of the beginning of a file.
type part struct {
	begun  time.Time // before its first byte was read
	length int64
	states [][]byte // by the item's algorithms
}

// A Breaker stops a run from outside, at any time. The zero value is ready to use in
// the Options of one run.
type Breaker struct {
	mu     sync.Mutex
	broken bool
	abort  func()        // nil before the run begins
	large  int           // files being read of which a part may be kept
	none   chan struct{} // if not nil, closed when large drops to 0
}

// BreakOff stops the delivery of results and waits until the run's cache has been told
// how far large files were read, but no longer than patience, because a read may be
// blocked by a server that doesn't answer. The run itself may take longer to end.
func (b *Breaker) BreakOff(patience time.Duration) {
	b.mu.Lock()
	b.broken = true
	abort := b.abort
	b.mu.Unlock()
	if abort == nil {
		return
	}
	abort()
	// A file begun after this is stopped before its first byte.
	none := b.whenNone()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-none:
	case <-timer.C:
	}
}

// whenNone returns a channel that is closed when no large file is being read.
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

// begin sets the function that aborts the run, and calls it if BreakOff was called
// before. b may be nil.
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

// add adds n to the number of large files being read.
func (b *Breaker) add(n int) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.large += n
	b.closeNone()
}

// closeNone closes b.none if no large file is being read. b.mu is held.
func (b *Breaker) closeNone() {
	if b.large == 0 && b.none != nil {
		close(b.none)
		b.none = nil
	}
}

// findPart looks up what is known of the beginning of a file. All algorithms of the
// pass must have a state at the same length, because they share the buffers.
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

// readLarge is readLoop for a file of which a part may be kept, and may have been kept
// by an earlier run.
func (j *fileJob) readLarge(file *reader.File, buf []byte) {
	j.run.breaker.add(1)
	j.large, j.counted = true, true
	j.partAt = j.run.now().Add(partEvery)
	if j.pending.part.length > 0 {
		j.resume(file)
	}
	j.readLoop(file, buf, 0)
}

// endLarge records that nothing more will be kept of the file.
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

// resume continues after the known part of the file, if it is still the same version.
// The caller has just checked that no process has the file open for writing.
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

// keepPart gives the cache the state computed so far, if the file is still the same
// version after the last byte of it. The reader holds one buffer; keepPart waits until
// the pool is done with the others.
func (j *fileJob) keepPart(file *reader.File) {
	if j.written == 0 || j.written == j.pending.part.length {
		return
	}
	j.run.buffers.awaitHashed(j)
	p := &j.pending
	if p.wanted = p.version.IsStill(file); !p.wanted {
		j.large = false // it can't become the same version again
		return
	}
	p.part.length = j.written
	for _, d := range j.streams {
		j.run.cache.KeepPart(d.algorithm, &p.version, p.begun, d.stream.Save(nil))
	}
}

// Resumed counts the files of a run that were not read from their beginning, because
// the cache had a state of it.
type Resumed struct {
	Files int64
	// Bytes is how many bytes of these files were not read, and Size their total size in
	// bytes.
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
