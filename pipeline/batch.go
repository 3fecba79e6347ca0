package pipeline

import (
	"slices"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/fdlimit"
	"github.com/psha1sum/psha1sum/internal/filestate"
	"github.com/psha1sum/psha1sum/reader"
)

const (
	// batchFiles is how many files a batch has at the most.
	batchFiles = 64
	// batchBytes is how many bytes of them are read before they are hashed: they
	// are in the processor's second cache then.
	batchBytes = 1 << 20
)

// A batch is neighbours among small files that one goroutine claims together, looks
// at, reads and hashes by itself: no other has a part in them, and what all share is
// locked once for all of them. A file that doesn't fit a buffer, or is special in
// another way, leaves the batch and becomes a single.
//
// The goroutine is that of a lease. A ring reads the files, or it does so one after the
// other; while it may hang in a system call, between begin and end, another may take
// the batch over: see stall.go.
type batch struct {
	run   *run
	slots []*slot // that were claimed and not dealt with
	phase batchPhase
	epoch uint64 // in which the files were looked at

	// members are those of the first slots, up to the first barrier, behind which
	// nothing is looked at.
	members []member
	barrier bool
	next    int // the member to be read next

	took    time.Duration // to look at members, and to read them by read(2)
	forRing int           // members that are for a ring, if there is one

	arena    []byte
	ringUsed int // bytes of it
	readUsed int
	ring     *reader.Ring
	files    []reader.RingFile // by members
	unread   int               // bytes that were read and not hashed

	hashers []algorithmBatch
	done    []*slot

	step    step
	counted bool // its goroutine is one of run.batching, as of the step
}

// A batchPhase is what is to be done next with a batch.
type batchPhase uint8

const (
	toLook batchPhase = iota
	toWait            // for the turn of the files
	toRead
)

// A member is a file of a batch.
type member struct {
	slot    *slot
	info    reader.Info
	pending pendingDigest
	state   memberState
	file    reader.File // if the state is isOpen, or isLeaving and open is set
	open    bool
	n       int // bytes of it in the buffer
	buf     []byte
}

type memberState uint8

const (
	isFresh   memberState = iota
	isInRing              // under way there
	isOpen                // and to be read on
	isRead                // whole, and closed
	isKnown               // by the cache
	hasFailed             // as the slot's result has it
	isLeaving             // to be a single
	isDone
)

// An algorithmBatch hashes by an algorithm what a batch has for it.
type algorithmBatch struct {
	algorithm *hasher.Algorithm
	messages  *hasher.Batch
	next      int // the number of the message whose digest is wanted next
}

// newBatch returns an empty batch, or nil if there is no memory for it.
func (r *run) newBatch() *batch {
	arena := r.arenas.get()
	if arena == nil {
		return nil
	}
	b := &batch{run: r, arena: arena, members: make([]member, 0, batchFiles)}
	r.watchdog.add(b)
	return b
}

// close gives back what the batch has.
func (b *batch) close() {
	b.run.watchdog.remove(b)
	b.run.io.closeRing(b.ring)
	b.run.arenas.put(b.arena)
	b.noteKernels()
}

// noteKernels tells the run what has hashed.
func (b *batch) noteKernels() {
	r := b.run
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, h := range b.hashers {
		for _, name := range h.messages.Used() {
			if !slices.Contains(r.kernels, name) {
				r.kernels = append(r.kernels, name)
			}
		}
	}
}

// ringBuffer returns a buffer for a file that a ring reads. There is room for as many as
// are read in one go: of those whose size is known no more than batchBytes and a file.
func (b *batch) ringBuffer(info reader.Info) []byte {
	room := listedRoom
	if !info.Unstatted() {
		room = int(info.Size) + 1 // so that it is seen if there is more
	}
	buf := b.arena[b.ringUsed:][:room:room]
	b.ringUsed += aligned(room)
	return buf
}

// readBuffer returns a buffer for the next file that is read by read(2), with what was
// read of it before.
func (b *batch) readBuffer(begun []byte) []byte {
	buf := b.arena[ringSpace+b.readUsed:][:BufferSize:wholeFile]
	copy(buf[:wholeFile], begun)
	return buf
}

// work deals with the slots, or as many of them until the goroutine loses the batch.
func (h *lease) work() {
	b := h.batch
	r := b.run
	for len(b.slots) > 0 {
		switch b.phase {
		case toLook:
			if r.aborted.Load() {
				return
			}
			if b.arena == nil { // there was no memory for another
				h.reader.readSingles(b.slots)
				return
			}
			began := time.Now()
			if !h.look() {
				return
			}
			b.took += time.Since(began)
			b.phase = toWait
		case toWait:
			switch r.window.awaitTurns(b.slots[:len(b.members)], b.epoch) {
			case runCancelled:
				return
			case lookAgain:
				b.phase = toLook
			default:
				b.phase, b.next = toRead, 0
				r.descriptors.Acquire() // one at a time; a ring's files need none
				b.sort()
				h.readByRing()
			}
		case toRead:
			n, began := len(b.members), time.Now()
			if !h.read() {
				return
			}
			b.took += time.Since(began)
			r.descriptors.Release()
			b.slots, b.phase = b.slots[n:], toLook
			if b.barrier {
				s := b.slots[:1]
				b.slots = b.slots[1:]
				h.reader.readSingles(s)
			}
		}
	}
}

// look looks at the files, up to the first that is a barrier. It returns false if the
// goroutine has lost the batch, or the run is being cancelled.
func (h *lease) look() bool {
	b := h.batch
	r := b.run
	b.members, b.barrier = b.members[:0], false
	b.epoch = r.window.now()
	for i, s := range b.slots {
		info := reader.FromDirent()
		if item := &s.result.Item; !item.Listed {
			if r.aborted.Load() {
				return false
			}
			var err error
			h.begin(i)
			info, err = item.In.Look(item.path())
			if !h.end() {
				h.reader.lose()
				h.reader.readSingles([]*slot{s})
				return false
			}
			if err != nil && fdlimit.Exhausted(err) {
				info = r.look(item)
			}
			if b.barrier = r.isBarrier(item, info); b.barrier {
				break
			}
		}
		b.members = append(b.members, member{slot: s, info: info})
	}
	return true
}

// sort finds out which of the members are not to be read.
func (b *batch) sort() {
	r := b.run
	for i := range b.members {
		e := &b.members[i]
		s := e.slot
		if err := r.withheld(e.info); err != nil {
			s.result.Err, s.result.Excluded = err, e.info.ID
			e.state = hasFailed
			continue
		}
		if !r.readableTwice(&s.result.Item, e.info) {
			s.result.First = 0
		}
		e.info.Exact = r.io.disks.Has(e.info.ID.Device)
	}
}

// readByRing has a ring read what it can. What it reads can't be looked at
// afterwards, so with a cache it reads nothing.
func (h *lease) readByRing() {
	b := h.batch
	r := b.run
	if r.cache.Cache != nil || !r.io.mayHaveRing() {
		return
	}
	for i := 0; i < len(b.members); {
		begun, size := 0, int64(0)
		b.ringUsed = 0
		for ; i < len(b.members) && size < batchBytes; i++ {
			e := &b.members[i]
			if e.state != isFresh || !r.io.forRing(&e.slot.result.Item, e.info, wholeFile) {
				continue
			}
			b.forRing++
			if b.ensureRing() {
				b.begin(i)
				begun++
				size += e.info.Size
			}
		}
		for left := begun; left > 0; {
			left = b.ring.Wait(r.stallAfter)
			b.takeFromRing()
			if left > 0 {
				h.reader.stepAside()
				b.disperse()
				b.finish()
			}
		}
		if i < len(b.members) {
			b.finish()
		}
	}
}

// disperse has all leave that are not in the ring, which takes its time.
func (b *batch) disperse() {
	for i := range b.members {
		if e := &b.members[i]; e.state == isFresh || e.state == isOpen {
			e.state = isLeaving
		}
	}
}

// begin leaves a member to the ring.
func (b *batch) begin(i int) {
	e, f := &b.members[i], &b.files[i]
	item := &e.slot.result.Item
	f.Dir, f.Name, f.Info, f.Buf = item.In, item.path(), e.info, b.ringBuffer(e.info)
	b.ring.Begin(f)
	e.state = isInRing
}

// ensureRing makes the ring if there is none, unless there are enough.
func (b *batch) ensureRing() bool {
	if b.ring == nil {
		if b.ring = b.run.io.newRing(); b.ring == nil {
			return false
		}
		b.files = make([]reader.RingFile, batchFiles)
		note(&b.run.io.usedRing)
	}
	return true
}

// takeFromRing takes note of what became of members there.
func (b *batch) takeFromRing() {
	for i := range b.members {
		e := &b.members[i]
		if e.state != isInRing {
			continue
		}
		f := &b.files[i]
		switch f.State {
		case reader.RingWhole:
			e.state, e.n, e.buf = isRead, f.N, f.Buf
			e.slot.result.Opened = true
		case reader.RingOpen:
			e.state, e.file, e.open = isOpen, f.File, true
			e.n, e.buf = f.N, slices.Clone(f.Buf[:f.N]) // there may be another go before it is read
			b.run.io.saw(e.info, &e.file)
		case reader.RingRefused:
			e.state = isFresh
		}
	}
}

// read reads and hashes the members that no ring has read.
func (h *lease) read() bool {
	b := h.batch
	r := b.run
	for ; b.next < len(b.members); b.next++ {
		e := &b.members[b.next]
		if e.state != isFresh && e.state != isOpen {
			continue
		}
		if r.aborted.Load() {
			e.drop()
			continue
		}
		arena := b.arena
		e.buf = b.readBuffer(e.buf[:e.n])
		h.begin(b.next)
		r.readMember(e)
		if !h.end() {
			h.reader.lose()
			// Nobody else knows of this member any more.
			alone := &batch{run: r, members: []member{*e}}
			alone.finish()
			alone.noteKernels()
			r.arenas.putShared(arena)
			r.descriptors.Release()
			return false
		}
		b.readUsed += aligned(e.n)
		if b.unread += e.n; b.unread >= batchBytes {
			b.finish()
		}
	}
	b.finish()
	return true
}

// drop closes the file of a member, if it is open.
func (e *member) drop() {
	if e.open {
		e.file.Close()
	}
	e.state = isDone
}

// readMember opens and reads a file of a batch, as far as it isn't, by read(2).
func (r *run) readMember(e *member) {
	s := e.slot
	if e.state == isFresh {
		if r.lookupMember(e) {
			e.state = isKnown
			return
		}
		if !r.io.fitsBatch(e.info, wholeFile) {
			e.state = isLeaving
			return
		}
		item := &s.result.Item
		f, err := item.In.Open(item.path(), e.info)
		switch {
		case err != nil && fdlimit.Exhausted(err):
			e.state = isLeaving
			return
		case err != nil:
			e.state, s.result.Err = hasFailed, err
			return
		}
		r.io.prepare(&f, e.info)
		e.file, e.open = f, true
	}
	if e.file.Size() >= wholeFile {
		e.state = isLeaving
		return
	}
	if e.n == 0 {
		e.pending.wanted = e.pending.wanted && filestate.HasNoWriters(&e.file)
	}
	s.result.Opened = true
	var end bool
	var err error
	if e.n, end, err = e.file.FillFrom(e.buf[:cap(e.buf)], e.n); err == nil && !end {
		e.state = isLeaving
		return
	}
	if err == nil && e.pending.wanted {
		e.pending.unchanged = e.pending.version.IsWhole(&e.file)
	}
	if cerr := e.file.Close(); err == nil {
		err = cerr
	}
	e.state, s.result.Err = isRead, err
	if err != nil {
		e.state = hasFailed
	}
}

// lookupMember is lookup for a file of a batch. What it opens may have to wait for
// others' descriptors, and not for the batch's.
func (r *run) lookupMember(e *member) (known bool) {
	if r.cache.Cache != nil {
		r.descriptors.Release()
		defer r.descriptors.Acquire()
		e.pending, known = r.lookup(e.slot, e.info)
	}
	return known
}

// finish hashes what was read and completes what can be. What leaves is a single from
// here on.
func (b *batch) finish() {
	r := b.run
	b.hash()
	b.unread, b.readUsed = 0, 0
	read := 0
	for i := range b.members {
		e := &b.members[i]
		s := e.slot
		switch e.state {
		case isRead:
			b.sum(s)
			r.store(s, &e.pending)
			read += e.n
		case isKnown:
			read += int(e.pending.version.Size)
		case hasFailed:
			read += e.n
		case isLeaving:
			if e.open {
				r.descriptors.Acquire()
			}
			r.queueSingle(e.single())
			e.state = isDone
			continue
		default:
			continue
		}
		if e.state == hasFailed || r.endPass(s) {
			b.done = append(b.done, s)
		}
		e.state = isDone
	}
	r.progress.saw(read)
	if len(b.done) > 0 {
		r.window.complete(b.done...)
		clear(b.done)
		b.done = b.done[:0]
	}
}

// single is what becomes of a member that leaves. The buffer stays here.
func (e *member) single() single {
	s := single{slot: e.slot, info: e.info, pending: e.pending}
	if e.open {
		file := e.file
		s.file, s.head = &file, append([]byte(nil), e.buf[:e.n]...)
	}
	return s
}

// hash hashes what was read, by each of the algorithms that it is wanted for.
func (b *batch) hash() {
	for i := range b.members {
		if e := &b.members[i]; e.state == isRead {
			for _, alg := range b.run.algorithms(e.slot) {
				b.hasher(alg).messages.Add(e.buf[:e.n])
			}
		}
	}
	for i := range b.hashers {
		h := &b.hashers[i]
		h.messages.Hash()
		h.messages.Reset()
		h.next = 0
	}
}

// hasher returns what hashes by an algorithm. There are few of them.
func (b *batch) hasher(alg *hasher.Algorithm) *algorithmBatch {
	for i := range b.hashers {
		if b.hashers[i].algorithm == alg {
			return &b.hashers[i]
		}
	}
	b.hashers = append(b.hashers, algorithmBatch{algorithm: alg, messages: hasher.NewBatch(alg)})
	return &b.hashers[len(b.hashers)-1]
}

// sum puts the digests of the next member that was hashed where they belong.
func (b *batch) sum(s *slot) {
	for _, alg := range b.run.algorithms(s) {
		h := b.hasher(alg)
		s.add(func(dst []byte) []byte { return h.messages.Sum(dst, h.next) })
		h.next++
	}
}
