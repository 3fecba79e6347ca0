package fusetest

import (
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
)

// A File is a file of the server. Its fields must not be changed after it is served.
// The zero value is an empty file.
type File struct {
	// Content is the initial content.
	Content []byte
	// Size, if not nil, is the size that stat(2) returns.
	Size *int64
	// Flags are DirectIO and the other flags.
	Flags uint32
	// Piece is the maximum number of bytes per answer, for a file with DirectIO; 0 for
	// no limit.
	Piece int
	// FailAt is the offset from which reads fail, with Error, if that isn't 0.
	FailAt int64
	Error  syscall.Errno

	// OnStat, OnOpen and OnRead, if not nil, are called before a stat (by name or
	// descriptor), an open and a read are answered, in a goroutine per request. A
	// nonzero result is the answer. They may block, but not after r.Ended is closed.
	OnStat func(r *Request) syscall.Errno
	OnOpen func(r *Request) syscall.Errno
	OnRead func(r *Request) syscall.Errno

	mu      sync.Mutex
	changed bool   // content replaces Content
	content []byte // never written to
	opens   int
	reads   []Read
}

// A Request is a request that waits for an answer.
type Request struct {
	File   *File
	Offset int64 // of a read
	Length int
	// Ended is closed when the requesting process gets a signal, and when the server is
	// closed.
	Ended <-chan struct{}
}

// A Read is a read request and its answer: a number of bytes, or an error.
type Read struct {
	Offset   int64
	Length   int
	Answered int
	Error    syscall.Errno
}

// SetContent changes the content, and the size unless Size is set. The page cache is
// dropped at the next open.
func (f *File) SetContent(content []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed, f.content = true, slices.Clone(content)
}

// Asked returns the number of opens, and the reads in the order of their answers, since
// the last call.
func (f *File) Asked() (opens int, reads []Read) {
	f.mu.Lock()
	defer f.mu.Unlock()
	opens, reads = f.opens, f.reads
	f.opens, f.reads = 0, nil
	return opens, reads
}

// now returns the content. f.mu is held.
func (f *File) now() []byte {
	if f.changed {
		return f.content
	}
	return f.Content
}

// size returns the size for stat(2).
func (f *File) size() int64 {
	if f.Size != nil {
		return *f.Size
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return int64(len(f.now()))
}

// read returns the answer to a read, after the hook was called.
func (f *File) read(offset int64, length int) ([]byte, syscall.Errno) {
	direct := f.Flags&DirectIO != 0
	if f.Error != 0 && offset+int64(length) > f.FailAt {
		// The kernel would take a partial page for the end of the file.
		if offset >= f.FailAt || !direct {
			return nil, f.Error
		}
		length = int(f.FailAt - offset)
	}
	if direct && f.Piece > 0 {
		length = min(length, f.Piece)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	content := f.now()
	content = content[min(offset, int64(len(content))):]
	return content[:min(length, len(content))], 0
}

func (f *File) opened() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opens++
}

func (f *File) note(r Read) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads = append(f.reads, r)
}

// Once returns a hook that returns each of the errors once, then 0.
func Once(errs ...syscall.Errno) func(*Request) syscall.Errno {
	var calls atomic.Int64
	return func(*Request) syscall.Errno {
		if n := calls.Add(1); n <= int64(len(errs)) {
			return errs[n-1]
		}
		return 0
	}
}

// UntilClosed returns a hook that waits until c is closed. A process that gets a signal
// meanwhile gets EINTR, as from servers that handle interrupts.
func UntilClosed(c <-chan struct{}) func(*Request) syscall.Errno {
	return func(r *Request) syscall.Errno {
		select {
		case <-c:
			return 0
		case <-r.Ended:
			return syscall.EINTR
		}
	}
}
