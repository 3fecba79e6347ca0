package fusetest

import (
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
)

// A File is what the server has under one name. All fields but the methods' are set
// before it is served and left alone then. The zero value is an empty file.
type File struct {
	// Content is what can be read at first.
	Content []byte
	// Size is what stat(2) says, if it isn't the truth.
	Size *int64
	// Flags are DirectIO and its like.
	Flags uint32
	// Piece is how many bytes an answer has at most, of a file with DirectIO; 0 is no limit.
	Piece int
	// FailAt and Error are where reading fails, and with what, if Error isn't 0.
	FailAt int64
	Error  syscall.Errno

	// OnStat, OnOpen and OnRead are called before a look at the file, be it by its name
	// or as it is open, an open and a read are answered, each in a goroutine of its own.
	// What they return is the answer, unless it is 0. They may wait as long as they
	// like, but no longer than until r.Ended is closed.
	OnStat func(r *Request) syscall.Errno
	OnOpen func(r *Request) syscall.Errno
	OnRead func(r *Request) syscall.Errno

	mu      sync.Mutex
	changed bool   // content is what there is, not Content
	content []byte // never written to
	opens   int
	reads   []Read
}

// A Request is what somebody waits for an answer to.
type Request struct {
	File   *File
	Offset int64 // of a read
	Length int
	// Ended is closed when whoever asks got a signal, and when the server is closed.
	Ended <-chan struct{}
}

// Read is one read that was asked for, and the answer: a number of bytes, or an
// error.
type Read struct {
	Offset   int64
	Length   int
	Answered int
	Error    syscall.Errno
}

// SetContent changes what the file has from now on, and the size that is told unless
// Size says it. Bytes in the page cache are forgotten at the next open.
func (f *File) SetContent(content []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed, f.content = true, slices.Clone(content)
}

// Asked returns how often the file was opened, and the reads in the order of their
// answers, since the last call.
func (f *File) Asked() (opens int, reads []Read) {
	f.mu.Lock()
	defer f.mu.Unlock()
	opens, reads = f.opens, f.reads
	f.opens, f.reads = 0, nil
	return opens, reads
}

// now is the content. f.mu is held.
func (f *File) now() []byte {
	if f.changed {
		return f.content
	}
	return f.Content
}

// size is what stat(2) is told.
func (f *File) size() int64 {
	if f.Size != nil {
		return *f.Size
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return int64(len(f.now()))
}

// read is the answer to a read, when the hook has had its say.
func (f *File) read(offset int64, length int) ([]byte, syscall.Errno) {
	direct := f.Flags&DirectIO != 0
	if f.Error != 0 && offset+int64(length) > f.FailAt {
		// A page that isn't whole would be a file's last.
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

// Once is a hook that answers with an error the first time, for each of several.
func Once(errs ...syscall.Errno) func(*Request) syscall.Errno {
	var calls atomic.Int64
	return func(*Request) syscall.Errno {
		if n := calls.Add(1); n <= int64(len(errs)) {
			return errs[n-1]
		}
		return 0
	}
}

// UntilClosed is a hook that waits for a channel to be closed. Who gets a signal
// meanwhile gets EINTR, as from a server that heeds interrupts.
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
