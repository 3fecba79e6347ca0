package pipeline

import "sync"

// BufferSize is the size in bytes of the pieces in which files are read.
const BufferSize = 128 << 10

// bufferSlack is the capacity in bytes of a buffer beyond BufferSize. It takes a short
// tail of a file, which is then read and hashed with what precedes it, and leaves space
// for a read that detects the end of the file. It is a multiple of every algorithm's
// block size.
const bufferSlack = BufferSize / 8

// Each file being read holds at least one buffer and at most its quota: two when all
// readers are busy, so that one is filled while the other is hashed, and up to twelve
// when there are few files, so that reading and hashing don't wait for each other to
// wake up (six files of 256 MiB took 5 % longer with eight buffers each).
const (
	minQuota = 2
	maxQuota = 12
)

// A bufferPool holds the buffers and the jobs that use them. Buffers are made on demand
// and reused last in, first out, so that a small job stays in the cache.
//
// A buffer is owned by exactly one of: the pool, a job's reader, which fills it, the
// hasher's pool, and the job's free list, from which the reader takes it again. The
// pool's lock guards the pool and all free lists, so each trip of a buffer takes two
// locks here: next, when the reader wants one, and recycle, when the last stream is
// done with it.
//
// At most limit buffers are handed out, two per reader, except that a file's first
// buffer is always granted while fewer than limit/2 files have one, however many extra
// buffers others hold. So hung files can't starve the rest, and at most limit*3/2
// buffers are ever made.
//
// A returned buffer goes to the file that has waited longest for its first one. That
// file's streams are expected by the hasher's pool from then on, not from when the
// reader wakes up, so that the pool doesn't dispatch a partly filled group of lanes
// while more streams are about to join.
type bufferPool struct {
	newJob func() *fileJob

	mu      sync.Mutex
	buffers [][]byte // owned by the pool
	memory  []byte   // the whole mapping, for close
	unused  []byte   // the part not yet cut into buffers
	limit   int
	first   int // first buffers handed out
	extra   int // further buffers handed out
	jobs    []*fileJob
	waiting []*slot // for a job, in order of arrival
	aborted bool
}

// A freeList holds the buffers of a file that were hashed and belong to its reader
// again, last in, first out. The pool's lock guards it.
//
// Waking a sleeping goroutine costs the waker as much time as hashing some kilobytes,
// so a reader that ran ahead of the hashing sleeps until there is more than one buffer
// to fill. A single file of 1 GiB took 5 % longer with one wake-up per buffer.
type freeList struct {
	buffers [][]byte
	wanted  int       // how many buffers the reader waits for; 0 if it doesn't wait
	enough  sync.Cond // wanted buffers are free; uses the pool's lock
}

// pop returns the last buffer or nil.
func (l *freeList) pop() []byte {
	n := len(l.buffers)
	if n == 0 {
		return nil
	}
	b := l.buffers[n-1]
	l.buffers = l.buffers[:n-1]
	return b
}

// await waits until there are n buffers. The pool's lock is held.
func (l *freeList) await(n int) {
	for len(l.buffers) < n {
		l.wanted = n
		l.enough.Wait()
	}
}

func newBufferPool(buffers int, newJob func() *fileJob) *bufferPool {
	memory := mapMemory(buffers * 3 / 2 * (BufferSize + bufferSlack))
	return &bufferPool{limit: buffers, newJob: newJob, memory: memory, unused: memory}
}

// close unmaps the memory. No buffer may be in use.
func (p *bufferPool) close() { unmapMemory(p.memory) }

// acquire returns a job that has begun the slot's file, and its first buffer. It waits
// until both are available. It returns nil if the run is being cancelled.
func (p *bufferPool) acquire(s *slot) (*fileJob, []byte) {
	p.mu.Lock()
	if p.aborted {
		p.mu.Unlock()
		return nil, nil
	}
	p.waiting = append(p.waiting, s)
	g := p.grant()
	p.mu.Unlock()
	p.deliver(g)
	<-s.wake
	granted := s.granted
	s.granted = grant{}
	return granted.job, granted.buf
}

// A grant is a job and its first buffer for a waiting slot.
type grant struct {
	slot *slot // nil if nothing was granted
	job  *fileJob
	buf  []byte
}

// grant takes the slot that has waited longest off the queue and returns its grant, or
// an empty one if no slot waits or no buffer may be handed out. The caller passes it to
// deliver after unlocking. One grant per call suffices, because everything that makes
// room for one calls grant. p.mu is held.
func (p *bufferPool) grant() (g grant) {
	if len(p.waiting) == 0 || p.first+min(p.extra, p.limit/2) >= p.limit {
		return g
	}
	g.slot = p.waiting[0]
	n := copy(p.waiting, p.waiting[1:])
	p.waiting[n] = nil
	p.waiting = p.waiting[:n]
	p.first++
	g.buf = p.take()
	if n := len(p.jobs); n > 0 {
		g.job = p.jobs[n-1]
		p.jobs = p.jobs[:n-1]
	}
	return g
}

// deliver starts the job of a grant, making one if necessary, and wakes the slot's
// reader. p.mu is not held.
func (p *bufferPool) deliver(g grant) {
	if g.slot == nil {
		return
	}
	if g.job == nil {
		g.job = p.newJob()
		g.job.free.enough.L = &p.mu
	}
	g.job.begin(g.slot)
	g.slot.granted = g
	g.slot.wake <- struct{}{}
}

// take returns a buffer. p.mu is held.
func (p *bufferPool) take() []byte {
	if n := len(p.buffers); n > 0 {
		b := p.buffers[n-1]
		p.buffers = p.buffers[:n-1]
		return b
	}
	const size = BufferSize + bufferSlack
	if len(p.unused) < size {
		return make([]byte, BufferSize, size)
	}
	b := p.unused[:BufferSize:size]
	p.unused = p.unused[size:]
	return b
}

// quota returns how many buffers a file may hold at present. p.mu is held.
func (p *bufferPool) quota() int {
	return min(max(p.limit/max(p.first+len(p.waiting), 1), minQuota), maxQuota)
}

// next returns an empty buffer for a job: one that was hashed, or a further one if the
// quota and the limit allow it. Otherwise it waits for the hasher. It takes back what
// the job holds beyond its quota.
func (p *bufferPool) next(j *fileJob) []byte {
	p.mu.Lock()
	for j.held > p.quota() {
		p.mu.Unlock()
		p.giveBack(j)
		p.mu.Lock()
	}
	defer p.mu.Unlock()
	if b := j.free.pop(); b != nil {
		return b
	}
	if j.held < p.quota() && p.first+p.extra < p.limit {
		j.held++
		p.extra++
		return p.take()
	}
	// The other half keeps the hasher busy while the reader wakes up.
	j.free.await(max(j.held/2, 1))
	return j.free.pop()
}

// recycle returns a hashed buffer to its job's free list. It never waits.
func (p *bufferPool) recycle(j *fileJob, b []byte) {
	l := &j.free
	p.mu.Lock()
	l.buffers = append(l.buffers, b)
	enough := l.wanted > 0 && len(l.buffers) >= l.wanted
	if enough {
		l.wanted = 0
	}
	p.mu.Unlock()
	if enough {
		l.enough.Signal()
	}
}

// awaitHashed waits until all of the job's buffers have been hashed but the one that
// its reader holds.
func (p *bufferPool) awaitHashed(j *fileJob) {
	p.mu.Lock()
	defer p.mu.Unlock()
	j.free.await(j.held - 1)
}

// reclaim waits until all of a job's buffers but one have been hashed, and takes them
// back.
func (p *bufferPool) reclaim(j *fileJob) {
	for j.held > 1 {
		p.giveBack(j)
	}
}

// giveBack waits until one of the job's buffers has been hashed and takes it back.
func (p *bufferPool) giveBack(j *fileJob) {
	p.mu.Lock()
	j.free.await(1)
	p.buffers = append(p.buffers, j.free.pop())
	j.held--
	p.extra--
	g := p.grant()
	p.mu.Unlock()
	p.deliver(g)
}

// release takes back a job and its last buffer.
func (p *bufferPool) release(j *fileJob, b []byte) {
	p.mu.Lock()
	p.first--
	p.jobs = append(p.jobs, j)
	p.buffers = append(p.buffers, b)
	g := p.grant()
	p.mu.Unlock()
	p.deliver(g)
}

// abort wakes all waiting slots without a grant.
func (p *bufferPool) abort() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.aborted = true
	for _, s := range p.waiting {
		s.wake <- struct{}{}
	}
	p.waiting = nil
}
