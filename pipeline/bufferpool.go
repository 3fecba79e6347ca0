package pipeline

import "sync"

// BufferSize is the length in bytes of the pieces that files are read in.
const BufferSize = 128 << 10

// bufferSlack is what a buffer can hold beyond that: a short rest of a file is
// read and hashed with what is in front of it, and where nothing is left over
// there is room to see that. It is a multiple of every algorithm's block.
const bufferSlack = BufferSize / 8

// Each file that is being read holds at least one buffer, and no more than its
// quota: two when all readers are busy, so that one is filled while the other is
// hashed, and up to twelve when there are few, so that neither side waits for
// the other to wake up (six files of 256 MiB took 5 % longer with eight each).
const (
	minQuota = 2
	maxQuota = 12
)

// A bufferPool has the buffers, and the jobs that use them. Buffers are made
// when they are first wanted and handed out again last in, first out, so that a
// small job stays in the cache.
//
// A buffer is owned by exactly one of: the pool, a job's reader, which fills it, the
// hasher's pool, and the job's free list, from which the reader takes it again. The
// pool's lock guards it and all free lists, so the way of a buffer takes two locks
// here: next, when the reader wants one, and recycle, when the last stream is done.
//
// At most limit buffers are handed out, two for each reader; but a file's
// first buffer is granted as long as there are limit/2 of them or fewer,
// however many others files hold beside their first ones. So files that hang can't
// starve the rest, and at most limit*3/2 are ever made.
//
// A buffer that comes back goes to the file that has waited longest for its
// first one, and that file's stream is expected from then on, not from when the
// reader wakes up: the hasher's pool doesn't send off what else is ready for lack of
// company that is on its way.
type bufferPool struct {
	newJob func() *fileJob

	mu      sync.Mutex
	buffers [][]byte // that nobody has
	memory  []byte   // all of it, to be given back
	unused  []byte   // the part of which no buffer was made yet
	limit   int
	first   int // buffers handed out that are the first of their file
	extra   int // and those that are not
	jobs    []*fileJob
	waiting []*slot // for a job, longest waiting first
	aborted bool
}

// A freeList is the buffers of a file that were hashed and are its reader's again, last
// in, first out. The pool's lock guards it.
//
// To wake a goroutine that sleeps costs the one that wakes it as much time as it
// takes to hash some kilobytes, so a reader that ran ahead of the hashing sleeps on
// until there is more than one buffer to fill. A file of 1 GiB alone took 5 %
// longer with a call for each.
type freeList struct {
	buffers [][]byte
	wanted  int       // how many the reader that sleeps waits for; 0: it doesn't
	enough  sync.Cond // there are as many; by the pool's lock
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

// await waits until there are n buffers.
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

// close gives the memory back. Nobody may use a buffer any more.
func (p *bufferPool) close() { unmapMemory(p.memory) }

// acquire returns a job that has begun with the slot's file, and its first buffer,
// waiting for them if it must. It returns nil when the run is being cancelled.
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

// A grant is a job and its first buffer for a slot that waited for them.
type grant struct {
	slot *slot // nil: nobody waited, or there is nothing to be granted
	job  *fileJob
	buf  []byte
}

// grant takes the slot that has waited longest off the queue, with what it waits for, if
// there is that. It is for deliver, without the lock. There is never room for two that
// wait, because whatever makes room for one calls grant. p.mu is held.
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

// deliver has the job begin, which may be a new one, and wakes the slot's reader.
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

// quota is how many buffers a file may hold at present. p.mu is held.
func (p *bufferPool) quota() int {
	return min(max(p.limit/max(p.first+len(p.waiting), 1), minQuota), maxQuota)
}

// next returns an empty buffer for a job: one that was hashed, or one more, as long as
// the quota and the limit allow it. If neither is there it waits for hashing. What the
// job holds beyond its quota it loses.
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
	// There is still work with the other half when the reader wakes up.
	j.free.await(max(j.held/2, 1))
	return j.free.pop()
}

// recycle puts a buffer that was hashed into its job's free list. It never waits.
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

// awaitHashed waits until all but the one buffer that the job's reader has were hashed.
func (p *bufferPool) awaitHashed(j *fileJob) {
	p.mu.Lock()
	defer p.mu.Unlock()
	j.free.await(j.held - 1)
}

// reclaim waits until all of a job's buffers but one were hashed, and takes them back.
func (p *bufferPool) reclaim(j *fileJob) {
	for j.held > 1 {
		p.giveBack(j)
	}
}

// giveBack waits for one of the job's buffers and takes it back.
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

// release takes a job back with the last of its buffers.
func (p *bufferPool) release(j *fileJob, b []byte) {
	p.mu.Lock()
	p.first--
	p.jobs = append(p.jobs, j)
	p.buffers = append(p.buffers, b)
	g := p.grant()
	p.mu.Unlock()
	p.deliver(g)
}

// abort makes those who wait give up.
func (p *bufferPool) abort() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.aborted = true
	for _, s := range p.waiting {
		s.wake <- struct{}{}
	}
	p.waiting = nil
}
