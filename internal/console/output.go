package console

import (
	"bytes"
	"cmp"
	"os"
	"syscall"

	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/process"
)

// MaxWrite is the maximum size in bytes of a write of several lines. A pipe takes that
// much at once, so lines of processes that share it don't interleave.
const MaxWrite = 4096

// MaxUnseen is the maximum size in bytes of a write of several lines to a file that is
// not visible yet.
const MaxUnseen = 64 << 10

// Output is standard output, or the file that --output puts in its place. It buffers
// whole lines and writes as many at a time as are ready. A write error is kept until
// Close; as in GNU, the program continues.
type Output struct {
	file   *os.File
	closed bool // it was closed when the process started
	// Hold keeps lines in the buffer until it is full, as GNU does if lines don't end
	// with a newline. As in the C library's line buffering, everything up to a newline in
	// a name is still written at once.
	Hold bool
	// unseen means that the file is not visible until it is complete.
	unseen bool
	// progress is erased before each write, if not nil.
	progress *Progress
	// piped, if not nil, is erased for a moment because the reader of the pipe may print
	// on the terminal.
	piped *Progress

	buf    []byte
	failed error // the error of the first failed write before the last write
}

// NewOutput returns the output to file. closed means that it was closed when the process
// started.
func NewOutput(file *os.File, closed bool) *Output { return &Output{file: file, closed: closed} }

// Redirect sends output to another file. unseen means that the file is not visible until
// it is complete.
func (o *Output) Redirect(file *os.File, unseen bool) {
	o.file, o.closed, o.unseen = file, false, unseen
}

// IsClosed reports whether the output was closed when the process started.
func (o *Output) IsClosed() bool { return o.closed }

// Failure returns the error of the first failed write, not counting the last write.
func (o *Output) Failure() error { return o.failed }

// Add appends one or more whole lines.
func (o *Output) Add(lines string) { o.Added(append(o.buf, lines...)) }

// Buffer returns the pending output. The caller may append a whole line and must then
// pass the result to Added.
func (o *Output) Buffer() []byte { return o.buf }

// Added takes back the buffer of Buffer with a line appended. If the buffer is now too
// long for one write, it writes what was pending before.
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

// Pour writes p, which is the buffer with the beginning of a line that is too long to
// keep, and returns the emptied buffer.
func (o *Output) Pour(p []byte) []byte {
	o.write(p)
	o.buf = p[:0]
	return o.buf
}

// Ready writes the buffer unless lines are held back.
func (o *Output) Ready() {
	if !o.Hold && !o.unseen {
		o.Flush()
	}
}

// Flush writes the buffer, even if lines are held back.
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

// Close writes the buffer, closes the file, and returns the error message for standard
// output, or "". As in GNU, the message has the reason only if the very last write or the
// close failed.
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
