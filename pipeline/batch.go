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
	// batchFiles is the maximum number of files in a batch.
	batchFiles = 64
	// batchBytes is how many bytes of a batch are read before they are hashed, so that
	// they are still in the second-level cache.
	batchBytes = 1 << 20
)

// A batch is a run of neighbouring small files that one goroutine claims, looks at,
// reads and hashes alone, so that shared state is locked once per batch rather than
// once per file. A file that doesn't fit a buffer, or is special in another way, leaves
// the batch and becomes a single.
//
// The goroutine holds a lease on the batch. It reads the files through a ring or one
// after the other. While it may hang in a system call, between begin and end, another
// goroutine may take over the batch: see watchdog.go.
type batch struct {
	run   *run
	slots []*slot // claimed and not yet done
	phase batchPhase
	epoch uint64 // the window's epoch when the files were looked at

	// members are the files of the first slots, up to the first barrier. Nothing behind a
	// barrier is looked at.
	members []member
	barrier bool
	next    int // index of the next member to read

	took    time.Duration // time to look at members and to read(2) them
	forRing int           // members suited to a ring, whether or not there is one

	arena    []byte
	ringUsed int // bytes of the arena used by the ring
	readUsed int
	ring     *reader.Ring
	files    []reader.RingFile // by member index
	unread   int               // bytes read and not yet hashed

	hashers []algorithmBatch
	done    []*slot

	step    step
	counted bool // whether its goroutine was in run.batching when the step began
}

// A batchPhase is the next thing to do with a batch.
type batchPhase uint8

const (
	toLook batchPhase = iota
	toWait            // until the files may be opened
	toRead
)

// A member is a file of a batch.
type member struct {
	slot    *slot
	info    reader.Info
	pending pendingDigest
	state   memberState
	file    reader.File // valid if open is set
	open    bool
	n       int // bytes of the file in buf
	buf     []byte
}

type memberState uint8

const (
	isFresh   memberState = iota
	isInRing              // being read by the ring
	isOpen                // open and not yet read to its end
	isRead                // read to its end and closed
	isKnown               // its digests were in the cache
	hasFailed             // the slot's result has the error
	isLeaving             // is to become a single
	isDone
)

// An algorithmBatch hashes the messages of a batch with one algorithm.
type algorithmBatch struct {
	algorithm *hasher.Algorithm
	messages  *hasher.Batch
	next      int // index of the message whose digest is taken next
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

// close releases the batch's ring and arena.
func (b *batch) close() {
	b.run.watchdog.remove(b)
	b.run.io.closeRing(b.ring)
	b.run.arenas.put(b.arena)
	b.noteKernels()
}

// noteKernels adds the kernels that hashed this batch to the run's.
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

// ringBuffer returns a buffer for a file that the ring reads. The arena has space for
// one round: files of known size in a round add up to less than batchBytes plus one
// file.
func (b *batch) ringBuffer(info reader.Info) []byte {
	room := listedRoom
	if !info.Unstatted() {
		room = int(info.Size) + 1 // one more, to detect that the file has grown
	}
	buf := b.arena[b.ringUsed:][:room:room]
	b.ringUsed += aligned(room)
	return buf
}

// readBuffer returns a buffer for the next file to be read with read(2), beginning with
// the bytes in begun, which were read before.
func (b *batch) readBuffer(begun []byte) []byte {
	buf := b.arena[ringSpace+b.readUsed:][:BufferSize:wholeFile]
	copy(buf[:wholeFile], begun)
	return buf
}

// work processes the slots until none are left or the goroutine loses the batch.
func (h *lease) work() {
	b := h.batch
	r := b.run
	for len(b.slots) > 0 {
		switch b.phase {
		case toLook:
			if r.aborted.Load() {
				return
			}
			if b.arena == nil { // move found no memory
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
				r.descriptors.Acquire() // one file is open at a time; the ring's need no descriptor
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

// look looks at the files, up to the first barrier. It returns false if the goroutine
// has lost the batch or the run is being cancelled.
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

// sort decides which members are not to be read, or only once.
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

// readByRing reads what it can through the ring. Its files can't be checked for changes
// afterwards, so it reads nothing if there is a cache.
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

// disperse makes all members that are not in the ring leave the batch, because the ring
// is slow.
func (b *batch) disperse() {
	for i := range b.members {
		if e := &b.members[i]; e.state == isFresh || e.state == isOpen {
			e.state = isLeaving
		}
	}
}

// begin starts reading a member through the ring.
func (b *batch) begin(i int) {
	e, f := &b.members[i], &b.files[i]
	item := &e.slot.result.Item
	f.Dir, f.Name, f.Info, f.Buf = item.In, item.path(), e.info, b.ringBuffer(e.info)
	b.ring.Begin(f)
	e.state = isInRing
}

// ensureRing reports whether the batch has a ring, and makes one if it may.
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

// takeFromRing updates the members from the results of the ring.
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
			e.n, e.buf = f.N, slices.Clone(f.Buf[:f.N]) // the next round reuses the ring's buffer
			b.run.io.saw(e.info, &e.file)
		case reader.RingRefused:
			e.state = isFresh
		}
	}
}

// read reads and hashes the members that the ring has not read. It returns false if the
// goroutine has lost the batch.
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
			// Only this goroutine still has this member.
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

// drop gives up a member and closes its file, if it is open.
func (e *member) drop() {
	if e.open {
		e.file.Close()
	}
	e.state = isDone
}

// readMember reads a member with read(2), and opens it first if it isn't open.
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

// lookupMember is lookup for a file of a batch. It gives up the batch's descriptor
// meanwhile, because lookup may open a file and have to wait for a descriptor.
func (r *run) lookupMember(e *member) (known bool) {
	if r.cache.Cache != nil {
		r.descriptors.Release()
		defer r.descriptors.Acquire()
		e.pending, known = r.lookup(e.slot, e.info)
	}
	return known
}

// finish hashes what was read, completes the members that are done, and hands those
// that leave to the singles.
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

// single returns the member as a single. The buffer stays with the batch; its contents
// are copied.
func (e *member) single() single {
	s := single{slot: e.slot, info: e.info, pending: e.pending}
	if e.open {
		file := e.file
		s.file, s.head = &file, append([]byte(nil), e.buf[:e.n]...)
	}
	return s
}

// hash hashes what was read, with each algorithm of each member.
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

// hasher returns the batch's messages for an algorithm. There are few algorithms, so it
// searches linearly.
func (b *batch) hasher(alg *hasher.Algorithm) *algorithmBatch {
	for i := range b.hashers {
		if b.hashers[i].algorithm == alg {
			return &b.hashers[i]
		}
	}
	b.hashers = append(b.hashers, algorithmBatch{algorithm: alg, messages: hasher.NewBatch(alg)})
	return &b.hashers[len(b.hashers)-1]
}

// sum appends the digests of the next hashed message to the slot's result.
func (b *batch) sum(s *slot) {
	for _, alg := range b.run.algorithms(s) {
		h := b.hasher(alg)
		s.add(func(dst []byte) []byte { return h.messages.Sum(dst, h.next) })
		h.next++
	}
}
