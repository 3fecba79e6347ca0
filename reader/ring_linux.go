package reader

import (
	"runtime"
	"sync"

	"github.com/psha1sum/psha1sum/internal/uring"
	"golang.org/x/sys/unix"
)

// A Ring is a way to read many files at a time that asks the system for several
// of them in one call: small files whole, each opened, read and closed without
// ever having a descriptor, and pieces of large ones.
//
// One goroutine, the driver, submits what has come in since it last looked and
// tells the owners what became of it. Only while it sleeps in the kernel, because
// nothing else was to do, do others submit for themselves.
type Ring struct {
	ring   *uring.Ring
	driver sync.WaitGroup

	mu       sync.Mutex
	work     sync.Cond // there may be something for the driver to do
	queue    []*RingRequest
	slots    []*RingRequest // those that the kernel works on
	free     []int          // indexes of slots, and of the ring's table of files
	begun    uint64         // requests so far
	again    []int          // slots whose files are to be read once more
	install  []int          // those whose files are to get a descriptor
	close    []int          // and those whose files are to be closed
	sleeping bool           // the driver, in the kernel, and there is nothing to submit
	closed   bool
}

// A RingRequest is what a Ring is asked for. It may be used again after the
// owner was told what became of it; until then it, and the buffer, are the
// ring's.
type RingRequest struct {
	owner  RingOwner
	folder *Folder
	info   Info
	path   []byte // name and a zero byte
	buf    []byte

	fd     int           // of a large file, which is only read
	offset int64         // from where on
	done   chan struct{} // instead of owner
	number uint64
	due    int   // completions of its entries
	opened int32 // what became of them
	read   int32
	ended  int32 // and of the read behind what was read
	asked  bool  // that was submitted
}

// RingOwner is told what became of a small file. Its methods are called from the
// ring's driver, without any lock held, and must not block.
type RingOwner interface {
	// Whole says that the file was the first n bytes of the buffer. It has been
	// closed.
	Whole(n int)
	// Partly hands over the open file, of which there are n bytes in the buffer
	// so far and something is to be looked into: it changed, or had an error.
	Partly(f File, n int)
	// Refused says that the ring could not open the file. Open tells why.
	Refused()
}

// NewRing makes a ring for so many files at a time, if the system allows it.
func NewRing(files int) (*Ring, error) {
	entries := 2
	for entries < 5*files { // an open, a look, two reads and a close for each
		entries *= 2
	}
	ring, err := uring.New(entries, files)
	if err != nil {
		return nil, err
	}
	r := &Ring{ring: ring, slots: make([]*RingRequest, files)}
	r.work.L = &r.mu
	for i := range files {
		r.free = append(r.free, files-1-i)
	}
	r.driver.Go(r.drive)
	return r, nil
}

// Close waits until all requests are done, and ends the ring.
func (r *Ring) Close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.work.Signal()
	r.driver.Wait()
	r.ring.Close()
}

// ReadFile opens and reads a file in a folder that is ForRing, into buf up to its
// capacity, and returns at once. owner is told what became of it.
//
// The file ends where its size says, or, if a directory's word is all that is known,
// where a read brings nothing. What closing it says is lost: on a local disk that is
// nothing.
func (r *Ring) ReadFile(req *RingRequest, folder *Folder, name string, info Info, buf []byte, owner RingOwner) {
	req.owner, req.folder, req.info, req.buf = owner, folder, info, buf[:cap(buf)]
	req.asked = false
	req.path = append(append(req.path[:0], name...), 0)
	r.push(req)
}

// read is one pread(2).
func (r *Ring) read(h handle, buf []byte, offset int64) (int, error) {
	if len(buf) == 0 {
		return h.readAt(buf, offset)
	}
	req := ringReads.Get().(*RingRequest)
	defer ringReads.Put(req)
	for {
		req.fd, req.buf, req.offset = int(h), buf, offset
		r.push(req)
		<-req.done
		req.buf = nil
		switch {
		case req.read >= 0:
			return int(req.read), nil
		case unix.Errno(-req.read) == unix.EINTR:
		case unix.Errno(-req.read) == unix.EAGAIN: // a file system that can't do without waiting
			return h.readAt(buf, offset)
		default:
			return 0, unix.Errno(-req.read)
		}
	}
}

var ringReads = sync.Pool{New: func() any { return &RingRequest{done: make(chan struct{}, 1)} }}

// push queues a request.
func (r *Ring) push(req *RingRequest) {
	r.mu.Lock()
	r.queue = append(r.queue, req)
	if !r.sleeping {
		r.mu.Unlock()
		r.work.Signal()
		return
	}
	n := r.prepare()
	r.mu.Unlock()
	if n > 0 {
		r.ring.Submit()
	}
}

// The last bits of an entry's user data say what it is for; above them are the
// slot's index and the request's number, which tells it from an earlier request
// in the same slot.
const (
	forOpen = iota
	forRead
	forEnd
	forLook
	forInstall
	forClose

	forBits  = 3
	slotBits = 14
)

func (q *RingRequest) userData(index, what int) uint64 {
	return (q.number<<slotBits|uint64(index))<<forBits | uint64(what)
}

// prepare publishes what there is to submit, as much as there is room for, and
// returns the number of entries. r.mu is held.
func (r *Ring) prepare() int {
	for len(r.close) > 0 && r.ring.Room() > 0 {
		index := r.close[len(r.close)-1]
		r.close = r.close[:len(r.close)-1]
		e := r.ring.Next()
		e.CloseFile(index)
		e.Flags |= uring.SkipSuccess
		e.UserData = forClose
		// What is submitted after this finds the index free.
		r.free = append(r.free, index)
	}
	for len(r.again) > 0 && r.ring.Room() > 0 {
		index := r.again[len(r.again)-1]
		r.again = r.again[:len(r.again)-1]
		req := r.slots[index]
		e := r.ring.Next()
		e.Read(index, req.buf[req.read:], int64(req.read))
		e.UserData = req.userData(index, forEnd)
	}
	for len(r.install) > 0 && r.ring.Room() > 0 {
		index := r.install[len(r.install)-1]
		r.install = r.install[:len(r.install)-1]
		e := r.ring.Next()
		e.Install(index)
		e.UserData = r.slots[index].userData(index, forInstall)
	}
	taken := 0
	for taken < len(r.queue) && taken < RingBatch && len(r.free) > 0 && r.ring.Room() >= 3 {
		r.begin(r.queue[taken])
		taken++
	}
	n := copy(r.queue, r.queue[taken:])
	clear(r.queue[n:])
	r.queue = r.queue[:n]
	return r.ring.Publish()
}

// begin takes a slot for a request and fills in its entries. r.mu is held.
//
// The file is open when it is read, because the entries are linked, and all have
// been completed when the slot is given to another: even if the kernel breaks
// the link, for want of memory, no file comes into another's slot.
func (r *Ring) begin(req *RingRequest) {
	index := r.free[len(r.free)-1]
	r.free = r.free[:len(r.free)-1]
	r.slots[index] = req
	r.begun++
	req.number = r.begun
	if req.done != nil {
		req.due = 1
		e := r.ring.Next()
		e.ReadFD(req.fd, req.buf, req.offset)
		e.UserData = req.userData(index, forRead)
		return
	}
	req.due = 2
	open := r.ring.Next()
	if how := ringHow(req.folder, req.info); how != nil {
		open.OpenHow(req.folder.dirfd(), req.path, how, index)
	} else {
		open.Open(req.folder.dirfd(), req.path, ringFlags, index)
	}
	open.Flags |= uring.Link
	open.UserData = req.userData(index, forOpen)
	if req.info.listed {
		// A FIFO in the file's place: O_NONBLOCK doesn't keep a ring from waiting for
		// what its writer says, nor from taking it. So the link breaks here.
		req.due++
		look := r.ring.Next()
		look.AdviseNormal(index)
		look.Flags |= uring.Link
		look.UserData = req.userData(index, forLook)
	}
	read := r.ring.Next()
	read.Read(index, req.buf, 0)
	read.UserData = req.userData(index, forRead)
}

// A ring opens files like Folder.open, but for O_CLOEXEC, which has no meaning
// where there is no descriptor.
const ringFlags = unix.O_RDONLY | unix.O_NONBLOCK

// These are in memory that doesn't move, as the kernel wants it.
var (
	ringWithoutLinks = *withoutLinks(ringFlags)
	// What is mounted below the folder may be on no local disk.
	ringOnOneMount             = *openHow(ringFlags, unix.RESOLVE_NO_XDEV)
	ringOnOneMountWithoutLinks = *openHow(ringFlags, unix.RESOLVE_NO_XDEV|unix.RESOLVE_NO_SYMLINKS)
)

// ringHow returns how the ring's openat2 is to open a file in a folder, or nil if its
// openat will do. Whoever has a ring has it, also where a filter of system calls
// forbids openat2(2).
func ringHow(d *Folder, info Info) *unix.OpenHow {
	switch {
	case info.listed && d.followsNoLinks():
		return &ringOnOneMountWithoutLinks
	case info.listed:
		return &ringOnOneMount
	case d.followsNoLinks():
		return &ringWithoutLinks
	}
	return nil
}

// drive submits requests and sees to their completions until the ring is closed
// and nothing is left of them.
func (r *Ring) drive() {
	for {
		// Those who have more requests come first: a call for eleven of them costs
		// little more than one for one, and there is nobody who would wait for it.
		runtime.Gosched()
		r.mu.Lock()
		r.sleeping = false
		for r.idle() && !r.closed {
			r.work.Wait()
		}
		if r.idle() {
			r.mu.Unlock()
			return
		}
		n := r.prepare()
		r.sleeping = n == 0
		sleep := r.sleeping
		r.mu.Unlock()
		if sleep {
			r.ring.Wait()
		} else {
			r.ring.Submit()
		}
		for {
			c, ok := r.ring.Completion()
			if !ok {
				break
			}
			r.complete(c)
		}
	}
}

// idle reports whether there is nothing to do. r.mu is held.
func (r *Ring) idle() bool {
	return len(r.queue)+len(r.again)+len(r.install)+len(r.close) == 0 && len(r.free) == len(r.slots)
}

// complete takes note of a completion, and leads the request on to its next step
// or tells its owner.
func (r *Ring) complete(c uring.Completion) {
	what := int(c.UserData & (1<<forBits - 1))
	index := int(c.UserData >> forBits & (1<<slotBits - 1))
	if what == forClose {
		return // it failed, which doesn't matter to anybody
	}
	r.mu.Lock()
	req := r.slots[index]
	if req.userData(index, what) != c.UserData {
		panic("reader: a completion of no request")
	}
	switch what {
	case forOpen:
		req.opened = c.Result
	case forRead:
		req.read = c.Result
	case forEnd:
		req.ended = c.Result
	case forInstall:
		r.handOver(req, index, c.Result)
		return
	}
	if req.due--; req.due > 0 {
		r.mu.Unlock()
		return
	}
	switch {
	case req.done != nil:
		r.release(index)
		r.mu.Unlock()
		req.done <- struct{}{}
	case req.opened < 0:
		r.release(index)
		r.mu.Unlock()
		req.tell().Refused()
	case req.whole():
		r.closeFile(index)
		r.mu.Unlock()
		n := int(req.read)
		req.tell().Whole(n)
	case req.seemsWhole():
		req.asked, req.due = true, 1
		r.again = append(r.again, index)
		r.mu.Unlock()
	default:
		r.install = append(r.install, index)
		r.mu.Unlock()
	}
}

// whole reports whether all of a file has been read, and nothing is to be looked
// into: more was asked for and nothing came, or it is as long as it must be.
func (q *RingRequest) whole() bool {
	if q.asked {
		return q.ended == 0
	}
	return !q.info.listed && int64(q.read) == q.info.Size
}

// seemsWhole reports whether all that is to be found out is whether something
// comes behind what was read. What is empty may be anything.
func (q *RingRequest) seemsWhole() bool {
	return q.info.listed && !q.asked && q.read > 0 && int(q.read) < len(q.buf)
}

// handOver hands a file over that got a descriptor, if it did. It unlocks r.mu,
// which is held.
func (r *Ring) handOver(req *RingRequest, index int, fd int32) {
	r.closeFile(index)
	r.mu.Unlock()
	if fd < 0 {
		req.tell().Refused()
		return
	}
	n := max(int(req.read), 0) // an error comes again
	if req.asked {
		n += max(int(req.ended), 0)
	}
	f := File{handle: handle(fd), size: req.info.Size, read: int64(n), unproven: true, nonblocking: true}
	if req.info.listed && f.prove() != nil || !f.goOn() {
		f.handle.close()
		req.tell().Refused()
		return
	}
	f.advise()
	req.tell().Partly(f, n)
}

// release frees a slot that has no file. r.mu is held.
func (r *Ring) release(index int) {
	r.slots[index] = nil
	r.free = append(r.free, index)
}

// closeFile frees a slot as soon as its file is closed. r.mu is held.
func (r *Ring) closeFile(index int) {
	r.slots[index] = nil
	r.close = append(r.close, index)
}

// tell lets go of a request and returns its owner.
func (q *RingRequest) tell() RingOwner {
	owner := q.owner
	q.owner, q.buf, q.folder = nil, nil, nil
	return owner
}
