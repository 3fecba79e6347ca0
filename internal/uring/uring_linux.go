// Package uring speaks to the kernel through a ring: a queue of requests and a
// queue of their completions, in memory that both share, as io_uring(7) tells.
// It has what reading files takes and no more.
//
// The kernel works on a request from Enter until its completion was taken, and
// on the memory that it names: that must stay where it is until then. Go's heap
// does not move.
package uring

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/psha1sum/psha1sum/internal/fdlimit"
	"golang.org/x/sys/unix"
)

// Operations of an Entry.
const (
	OpNop       = 0
	OpOpenat    = 18
	OpClose     = 19
	OpRead      = 22
	OpFadvise   = 24
	OpOpenat2   = 28
	OpInstallFD = 54 // IORING_OP_FIXED_FD_INSTALL, since Linux 6.8
)

// Flags of an Entry.
const (
	FixedFile   = 1 << 0 // FD is an index of the table of files
	SkipSuccess = 1 << 6 // no completion, unless it fails
)

// Entry is a request, the kernel's struct io_uring_sqe.
type Entry struct {
	Op       uint8
	Flags    uint8
	_        uint16
	FD       int32
	Offset   uint64
	Address  uint64
	Length   uint32
	OpFlags  uint32 // open(2)'s, for OpOpenat
	UserData uint64
	_        uint32
	File     uint32 // an index of the table of files, plus one
	_        [2]uint64
}

// Completion is what became of a request, the kernel's struct io_uring_cqe.
type Completion struct {
	UserData uint64
	Result   int32 // what the system call would have returned, or the negative error
	_        uint32
}

const (
	setupSubmitAll   = 1 << 7
	setupCoopTaskrun = 1 << 8 // nobody is interrupted for a completion

	featureSingleMmap = 1 << 0
	featureExtArg     = 1 << 8
	featureSkip       = 1 << 11

	enterGetEvents = 1 << 0
	enterExtArg    = 1 << 3

	registerFiles        = 2
	registerProbe        = 8
	registerMostSleepers = 19 // IORING_REGISTER_IOWQ_MAX_WORKERS

	offsetRings   = 0
	offsetEntries = 0x10000000
)

// params is the kernel's struct io_uring_params.
type params struct {
	sqEntries, cqEntries, flags, _, _, features, _ uint32

	_  [3]uint32
	sq struct {
		head, tail, ringMask, ringEntries, flags, dropped, array, _ uint32

		_ uint64
	}
	cq struct {
		head, tail, ringMask, ringEntries, overflow, cqes, flags, _ uint32

		_ uint64
	}
}

// extArg is the kernel's struct io_uring_getevents_arg.
type extArg struct {
	_       uint64 // of signals nothing is asked
	_       uint32
	_       uint32
	timeout uint64 // the address of a timespec
}

// A Ring is the two queues. It is used by one goroutine at a time.
type Ring struct {
	fd             int
	rings, entries []byte // what is shared

	sqHead, sqTail *uint32
	sqMask         uint32
	next           uint32 // the tail, and what Enter adds to it
	cqHead, cqTail *uint32
	cqMask         uint32
	completions    unsafe.Pointer

	// Here and not on the stack, since the kernel is told an address inside of arg.
	patience unix.Timespec
	arg      extArg
}

// New makes a ring for so many entries, a power of two, and a table for so many
// files. It fails where there is no ring to be had, or none that can do what the
// constants above name: the kernel is too old, or a container forbids it.
func New(entries, files int) (*Ring, error) {
	p := params{flags: setupSubmitAll | setupCoopTaskrun}
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, uintptr(entries), uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, errno
	}
	away, err := fdlimit.MoveAway(int(fd))
	if err != nil {
		return nil, err
	}
	r := &Ring{fd: away}
	if err := r.init(&p, files); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (r *Ring) init(p *params, files int) (err error) {
	const features = featureSingleMmap | featureExtArg | featureSkip
	if p.features&features != features {
		return unix.ENOSYS
	}
	if err := r.probe(); err != nil {
		return err
	}
	size := max(int(p.sq.array)+4*int(p.sqEntries), int(p.cq.cqes)+int(p.cqEntries)*int(unsafe.Sizeof(Completion{})))
	if r.rings, err = r.mmap(size, offsetRings); err != nil {
		return err
	}
	if r.entries, err = r.mmap(int(p.sqEntries)*int(unsafe.Sizeof(Entry{})), offsetEntries); err != nil {
		return err
	}
	word := func(offset uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.rings[offset])) }
	r.sqHead, r.sqTail, r.sqMask = word(p.sq.head), word(p.sq.tail), *word(p.sq.ringMask)
	r.cqHead, r.cqTail, r.cqMask = word(p.cq.head), word(p.cq.tail), *word(p.cq.ringMask)
	r.completions = unsafe.Pointer(&r.rings[p.cq.cqes])
	r.next = *r.sqTail
	for i := range p.sqEntries {
		*word(p.sq.array + 4*i) = i // entries are used in their order
	}
	if err := r.makeTable(files); err != nil {
		return err
	}
	if err := r.allowSleepers(files); err != nil {
		return err
	}
	return r.try()
}

func (r *Ring) mmap(size int, offset int64) ([]byte, error) {
	return unix.Mmap(r.fd, offset, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
}

// probe asks whether the kernel knows the newest of the operations.
func (r *Ring) probe() error {
	var answer struct {
		lastOp, opsLen uint8
		_              uint16
		_              [3]uint32
		ops            [OpInstallFD + 1]struct {
			op, _ uint8
			flags uint16
			_     uint32
		}
	}
	if err := r.register(registerProbe, unsafe.Pointer(&answer), len(answer.ops)); err != nil {
		return err
	}
	if answer.ops[OpInstallFD].flags&1 == 0 {
		return unix.ENOSYS
	}
	return nil
}

// makeTable makes room for files that have no descriptor of the process.
func (r *Ring) makeTable(files int) error {
	table := make([]int32, files)
	for i := range table {
		table[i] = -1 // free
	}
	return r.register(registerFiles, unsafe.Pointer(&table[0]), files)
}

const leastSleepers = 64

// allowSleepers lets the kernel have as many requests sleep at a time as there
// may be: of those on regular files it allows four for each processor, and as
// many on a server that doesn't answer would hold up all others. The number is that
// of a thread, which has it from the first ring that it enters (since
// __io_uring_add_tctx_node() heeds it only there), or the last that it makes: a small
// ring must not leave too little for a larger one.
func (r *Ring) allowSleepers(n int) error {
	most := [2]uint32{uint32(max(n, leastSleepers)), 0} // on regular files; on others as it is
	return r.register(registerMostSleepers, unsafe.Pointer(&most), len(most))
}

func (r *Ring) register(what uintptr, arg unsafe.Pointer, n int) error {
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), what, uintptr(arg), uintptr(n), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// try has the ring do nothing once: a filter of system calls may allow to make
// one and not to use it.
func (r *Ring) try() error {
	r.Next().Op = OpNop
	r.patience = unix.Timespec{Sec: 1}
	if errno := r.enter(r.publish(), 1); errno != 0 {
		return errno
	}
	if _, ok := r.Completion(); !ok {
		return errors.New("a ring that does nothing")
	}
	return nil
}

// Close gives the ring back to the system. No request may be under way.
func (r *Ring) Close() {
	unix.Close(r.fd)
	if r.rings != nil {
		_ = unix.Munmap(r.rings)
	}
	if r.entries != nil {
		_ = unix.Munmap(r.entries)
	}
}

// Next returns the next entry of the queue, all zero, to be filled in.
func (r *Ring) Next() *Entry {
	e := (*Entry)(unsafe.Pointer(&r.entries[uintptr(r.next&r.sqMask)*unsafe.Sizeof(Entry{})]))
	*e = Entry{}
	r.next++
	return e
}

// publish puts the entries that were filled in before the kernel, and returns how
// many it hasn't taken yet.
func (r *Ring) publish() int {
	atomic.StoreUint32(r.sqTail, r.next)
	return int(r.next - atomic.LoadUint32(r.sqHead))
}

// Enter has the kernel begin with the entries that were filled in since the last
// call, and waits until there are so many completions, or for that time at the most,
// or for no reason a shorter while.
func (r *Ring) Enter(least int, patience time.Duration) {
	r.patience = unix.NsecToTimespec(int64(patience))
	for {
		switch errno := r.enter(r.publish(), least); errno {
		case 0, unix.EINTR, unix.ETIME:
		case unix.EAGAIN, unix.EBUSY, unix.ENOMEM: // of memory there is none for now
		default:
			panic(fmt.Sprintf("uring: io_uring_enter: %v", errno))
		}
		if atomic.LoadUint32(r.sqHead) == r.next {
			return
		}
	}
}

func (r *Ring) enter(n, least int) unix.Errno {
	r.arg.timeout = uint64(uintptr(unsafe.Pointer(&r.patience)))
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(n), uintptr(least),
		enterGetEvents|enterExtArg, uintptr(unsafe.Pointer(&r.arg)), unsafe.Sizeof(r.arg))
	return errno
}

// Completion takes the next completion, if there is one.
func (r *Ring) Completion() (c Completion, ok bool) {
	head := *r.cqHead
	if head == atomic.LoadUint32(r.cqTail) {
		return c, false
	}
	c = *(*Completion)(unsafe.Add(r.completions, uintptr(head&r.cqMask)*unsafe.Sizeof(c)))
	atomic.StoreUint32(r.cqHead, head+1)
	return c, true
}

// Open fills in e to open the file of that name, which ends with a zero byte, in
// the directory of a descriptor, as the entry index of the table of files.
func (e *Entry) Open(dirfd int, name []byte, flags uint32, index int) {
	e.Op = OpOpenat
	e.FD = int32(dirfd)
	e.Address = address(name)
	e.OpFlags = flags
	e.File = uint32(index) + 1
}

// OpenHow is Open as openat2(2) does it.
func (e *Entry) OpenHow(dirfd int, name []byte, how *unix.OpenHow, index int) {
	e.Op = OpOpenat2
	e.FD = int32(dirfd)
	e.Address = address(name)
	e.Length = uint32(unsafe.Sizeof(*how))
	e.Offset = uint64(uintptr(unsafe.Pointer(how)))
	e.File = uint32(index) + 1
}

// Read fills in e to read the file at that index from an offset on. Its own
// position isn't used, and stays where it is: a file system that does without the
// page cache need not move it (FUSE's direct I/O doesn't), and the next read at
// "the current position" would bring the same bytes again.
func (e *Entry) Read(index int, p []byte, offset int64) {
	e.Op = OpRead
	e.Flags |= FixedFile
	e.FD = int32(index)
	e.Offset = uint64(offset)
	e.Address = address(p)
	e.Length = uint32(len(p))
}

// AdviseNormal fills in e to say of the file at that index what holds of it
// anyhow. Of a FIFO the system doesn't hear that: it fails with ESPIPE.
func (e *Entry) AdviseNormal(index int) {
	e.Op = OpFadvise
	e.Flags |= FixedFile
	e.FD = int32(index)
	e.OpFlags = unix.FADV_NORMAL
}

// CloseFile fills in e to free the index.
func (e *Entry) CloseFile(index int) {
	e.Op = OpClose
	e.File = uint32(index) + 1
}

// Install fills in e to make a descriptor for the file at that index.
func (e *Entry) Install(index int) {
	e.Op = OpInstallFD
	e.Flags |= FixedFile
	e.FD = int32(index)
}

func address(p []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(p)))) }
