package console

import (
	"bytes"
	"cmp"
	"os"
	"syscall"

	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/process"
)

// MaxWrite is the longest write of more than one line: a pipe takes that much
// in one piece, so that the lines of processes that share it are not torn.
const MaxWrite = 4096

// MaxUnseen is the longest write of more than one line to a file that nobody sees
// yet.
const MaxUnseen = 64 << 10

// Output is standard output, or what --output puts in its place: whole lines, as
// many of them in one write as are ready. An error is kept until the end; the work
// goes on, as GNU's does.
type Output struct {
	file   *os.File
	closed bool // it was closed when the process started
	// Hold keeps lines back until a write is full, as GNU does where lines
	// don't end with a newline. What is in front of a newline in a name goes
	// out all the same: the C library buffers by newlines.
	Hold bool
	// unseen says that nobody sees the file before it is whole.
	unseen bool
	// progress, if not nil, is to make room for what is printed.
	progress *Progress
	// piped, if not nil, is to make room for what others may print of it.
	piped *Progress

	buf    []byte
	failed error // of the first write that failed, before the last one
}

// NewOutput returns the output to a file, which may have been closed when the process
// started.
func NewOutput(file *os.File, closed bool) *Output { return &Output{file: file, closed: closed} }

// Redirect has what is printed go to another file. unseen says that nobody sees it
// before it is whole.
func (o *Output) Redirect(file *os.File, unseen bool) {
	o.file, o.closed, o.unseen = file, false, unseen
}

// IsClosed reports whether nothing can be printed.
func (o *Output) IsClosed() bool { return o.closed }

// Failure is the error of the first write that failed, but for the last one.
func (o *Output) Failure() error { return o.failed }

// Add appends one or more whole lines.
func (o *Output) Add(lines string) { o.Added(append(o.buf, lines...)) }

// Buffer is what waits to be written, for a whole line to be appended to it.
func (o *Output) Buffer() []byte { return o.buf }

// Added takes the buffer back with such a line. What was there before is written first
// if both don't fit into one write.
func (o *Output) Added(buf []byte) {
	mark := len(o.buf)
	o.buf = buf
	if o.Hold && !o.unseen {
		if end := bytes.LastIndexByte(o.buf[mark:], '\n'); end >= 0 {
			n := mark + end + 1
			o.write(o.buf[:n])
			o.buf = o.buf[:copy(o.buf, o.buf[n:])]
			return
		}
	}
	most := MaxWrite
	if o.unseen {
		most = MaxUnseen
	}
	if len(o.buf) <= most {
		return
	}
	if mark > 0 {
		o.write(o.buf[:mark])
		o.buf = o.buf[:copy(o.buf, o.buf[mark:])]
	}
	if len(o.buf) > most {
		o.write(o.buf)
		o.buf = nil // it may have been a very long line
	}
}

// Pour writes p, which is the beginning of a line that is too long to be kept, and
// what was there before. It returns the buffer for more.
func (o *Output) Pour(p []byte) []byte {
	o.write(p)
	o.buf = p[:0]
	return o.buf
}

// Ready writes what there is, unless lines are to be held.
func (o *Output) Ready() {
	if !o.Hold && !o.unseen {
		o.Flush()
	}
}

// Flush writes what there is, held or not.
func (o *Output) Flush() {
	if len(o.buf) > 0 {
		o.write(o.buf)
		o.buf = o.buf[:0]
	}
}

func (o *Output) write(p []byte) {
	o.failed = cmp.Or(o.failed, o.tryWrite(p))
}

func (o *Output) tryWrite(p []byte) error {
	if o.closed {
		return syscall.EBADF
	}
	o.piped.makeRoom()
	o.progress.hold()
	defer o.progress.release(p)
	return process.WriteAll(o.file, p)
}

// Close writes what is left and returns what is to be said about standard
// output, or "" if all is well. The reason is part of it only if the very last
// write or the close failed; GNU has forgotten any earlier one by then.
func (o *Output) Close() string {
	var err error
	if len(o.buf) > 0 {
		err = o.tryWrite(o.buf)
	}
	switch {
	case o.closed && (o.failed != nil || err != nil):
		err = syscall.EBADF
	case o.closed:
	case err == nil:
		err = o.file.Close()
	}
	switch {
	case err != nil:
		return "write error: " + gnu.Strerror(err)
	case o.failed != nil:
		return "write error"
	}
	return ""
}
