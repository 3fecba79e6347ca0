// Package uring is a minimal interface to io_uring(7) for reading files: a queue of
// requests and a queue of completions, in memory shared with the kernel.
//
// From Enter until its completion is taken, a request and the memory that it refers to
// belong to the kernel. The memory must not move; Go's heap does not.
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
	OpInstallFD = 54 // IORING_OP_FIXED_FD_INSTALL, Linux 6.8
)

// Flags of an Entry.
const (
	FixedFile   = 1 << 0 // FD is an index into the file table
	SkipSuccess = 1 << 6 // no completion on success
)

// An Entry is a request, struct io_uring_sqe.
type Entry struct {
	Op       uint8
	Flags    uint8
	_        uint16
	FD       int32
	Offset   uint64
	Address  uint64
	Length   uint32
	OpFlags  uint32 // open(2)'s flags, for OpOpenat
	UserData uint64
	_        uint32
	File     uint32 // index into the file table, plus one
	_        [2]uint64
}

// A Completion is the result of a request, struct io_uring_cqe.
type Completion struct {
	UserData uint64
	Result   int32 // result of the system call, or the negative error
	_        uint32
}

const (
	setupSubmitAll   = 1 << 7
	setupCoopTaskrun = 1 << 8 // no interrupt for completions

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

// params is struct io_uring_params.
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

// extArg is struct io_uring_getevents_arg.
type extArg struct {
	_       uint64 // signal mask, not used
	_       uint32
	_       uint32
	timeout uint64 // address of a timespec
}

// A Ring is a pair of queues. It must not be used concurrently.
type Ring struct {
	fd             int
	rings, entries []byte // shared memory

	sqHead, sqTail *uint32
	sqMask         uint32
	next           uint32 // tail, including entries not submitted yet
	cqHead, cqTail *uint32
	cqMask         uint32
	completions    unsafe.Pointer

	// Fields, not local variables: arg contains an address that the kernel uses.
	timeout unix.Timespec
	arg     extArg
}

// New creates a ring with entries entries, a power of two, and a table of files files.
// It fails if io_uring is not available or lacks an operation above: the kernel is too
// old, or a container forbids it.
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
		*word(p.sq.array + 4*i) = i // entries are used in order
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

// probe checks that the kernel supports the newest operation.
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

// makeTable registers a table for files without a descriptor.
func (r *Ring) makeTable(files int) error {
	table := make([]int32, files)
	for i := range table {
		table[i] = -1 // free
	}
	return r.register(registerFiles, unsafe.Pointer(&table[0]), files)
}

const leastSleepers = 64

// allowSleepers sets the maximum number of requests that block at a time. For regular
// files the default is four per processor, so that many files on a dead server would
// block all others. The limit belongs to a thread, which gets it from the first ring
// that it enters (__io_uring_add_tctx_node()) or the last that it creates, so a small
// ring must not set it too low for a larger one.
func (r *Ring) allowSleepers(n int) error {
	most := [2]uint32{uint32(max(n, leastSleepers)), 0} // on regular files; 0 leaves the limit for others unchanged
	return r.register(registerMostSleepers, unsafe.Pointer(&most), len(most))
}

func (r *Ring) register(what uintptr, arg unsafe.Pointer, n int) error {
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), what, uintptr(arg), uintptr(n), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// try executes a request that does nothing: a seccomp filter may allow creating a ring
// but not using it.
func (r *Ring) try() error {
	r.Next().Op = OpNop
	r.timeout = unix.Timespec{Sec: 1}
	if errno := r.enter(r.publish(), 1); errno != 0 {
		return errno
	}
	if _, ok := r.Completion(); !ok {
		return errors.New("a ring that does nothing")
	}
	return nil
}

// Close releases the ring. No request may be in progress.
func (r *Ring) Close() {
	unix.Close(r.fd)
	if r.rings != nil {
		_ = unix.Munmap(r.rings)
	}
	if r.entries != nil {
		_ = unix.Munmap(r.entries)
	}
}

// Next returns the next entry of the queue, zeroed, to be filled in.
func (r *Ring) Next() *Entry {
	e := (*Entry)(unsafe.Pointer(&r.entries[uintptr(r.next&r.sqMask)*unsafe.Sizeof(Entry{})]))
	*e = Entry{}
	r.next++
	return e
}

// publish makes the filled-in entries visible to the kernel and returns how many it
// hasn't taken yet.
func (r *Ring) publish() int {
	atomic.StoreUint32(r.sqTail, r.next)
	return int(r.next - atomic.LoadUint32(r.sqHead))
}

// Enter submits the entries that were filled in since the last call and waits for least
// completions, at most for timeout. It may return early.
func (r *Ring) Enter(least int, timeout time.Duration) {
	r.timeout = unix.NsecToTimespec(int64(timeout))
	for {
		switch errno := r.enter(r.publish(), least); errno {
		case 0, unix.EINTR, unix.ETIME:
		case unix.EAGAIN, unix.EBUSY, unix.ENOMEM: // ENOMEM is temporary
		default:
			panic(fmt.Sprintf("uring: io_uring_enter: %v", errno))
		}
		if atomic.LoadUint32(r.sqHead) == r.next {
			return
		}
	}
}

func (r *Ring) enter(n, least int) unix.Errno {
	r.arg.timeout = uint64(uintptr(unsafe.Pointer(&r.timeout)))
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

// Open sets e to open a file relative to a directory, at an index of the file table.
// name ends with a zero byte.
func (e *Entry) Open(dirfd int, name []byte, flags uint32, index int) {
	e.Op = OpOpenat
	e.FD = int32(dirfd)
	e.Address = address(name)
	e.OpFlags = flags
	e.File = uint32(index) + 1
}

// OpenHow is Open with openat2(2).
func (e *Entry) OpenHow(dirfd int, name []byte, how *unix.OpenHow, index int) {
	e.Op = OpOpenat2
	e.FD = int32(dirfd)
	e.Address = address(name)
	e.Length = uint32(unsafe.Sizeof(*how))
	e.Offset = uint64(uintptr(unsafe.Pointer(how)))
	e.File = uint32(index) + 1
}

// Read sets e to read the file at an index from an offset on. It doesn't use the file's
// position, which file systems without page cache need not advance (FUSE's direct I/O
// doesn't): the next read at the current position would return the same bytes again.
func (e *Entry) Read(index int, p []byte, offset int64) {
	e.Op = OpRead
	e.Flags |= FixedFile
	e.FD = int32(index)
	e.Offset = uint64(offset)
	e.Address = address(p)
	e.Length = uint32(len(p))
}

// AdviseNormal sets e to call fadvise with the default advice for the file at an index.
// It has no effect, but fails with ESPIPE for a FIFO.
func (e *Entry) AdviseNormal(index int) {
	e.Op = OpFadvise
	e.Flags |= FixedFile
	e.FD = int32(index)
	e.OpFlags = unix.FADV_NORMAL
}

// CloseFile sets e to free the index.
func (e *Entry) CloseFile(index int) {
	e.Op = OpClose
	e.File = uint32(index) + 1
}

// Install sets e to create a descriptor for the file at an index.
func (e *Entry) Install(index int) {
	e.Op = OpInstallFD
	e.Flags |= FixedFile
	e.FD = int32(index)
}

func address(p []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(p)))) }
