package main

import (
	"bytes"
	"cmp"
	"os"
	"syscall"

	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/process"
)

// maxWrite is the longest write of more than one line: a pipe takes that much
// in one piece, so that the lines of processes that share it are not torn.
const maxWrite = 4096

// maxUnseen is the longest write of more than one line to a file that nobody sees
// yet.
const maxUnseen = 64 << 10

// output is standard output, or what --output puts in its place: whole lines, as
// many of them in one write as are ready. An error is kept until the end; the work
// goes on, as GNU's does.
type output struct {
	file   *os.File
	closed bool // it was closed when the process started
	// hold keeps lines back until a write is full, as GNU does where lines
	// don't end with a newline. What is in front of a newline in a name goes
	// out all the same: the C library buffers by newlines.
	hold bool
	// unseen says that nobody sees the file before it is whole.
	unseen bool
	// line, if not nil, is to make room for what is printed.
	line *progress
	// beyond, if not nil, is to make room for what others may print of it.
	beyond *progress

	buf    []byte
	failed error // of the first write that failed, before the last one
}

// add appends one or more whole lines.
func (o *output) add(lines string) {
	mark := len(o.buf)
	o.buf = append(o.buf, lines...)
	o.added(mark)
}

// added says that the caller appended a whole line at buf[mark:]. What was
// there before is written first if both don't fit into one write.
func (o *output) added(mark int) {
	if o.hold && !o.unseen {
		if end := bytes.LastIndexByte(o.buf[mark:], '\n'); end >= 0 {
			n := mark + end + 1
			o.write(o.buf[:n])
			o.buf = o.buf[:copy(o.buf, o.buf[n:])]
			return
		}
	}
	most := maxWrite
	if o.unseen {
		most = maxUnseen
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

// pour writes p, which is the beginning of a line that is too long to be kept, and
// what was there before. It returns the buffer for more.
func (o *output) pour(p []byte) []byte {
	o.write(p)
	return p[:0]
}

// ready writes what there is, unless lines are to be held.
func (o *output) ready() {
	if !o.hold && !o.unseen {
		o.flush()
	}
}

// flush writes what there is, held or not.
func (o *output) flush() {
	if len(o.buf) > 0 {
		o.write(o.buf)
		o.buf = o.buf[:0]
	}
}

func (o *output) write(p []byte) {
	o.failed = cmp.Or(o.failed, o.tryWrite(p))
}

func (o *output) tryWrite(p []byte) error {
	if o.closed {
		return syscall.EBADF
	}
	o.beyond.pass()
	o.line.hold()
	defer o.line.release(p)
	return process.WriteAll(o.file, p)
}

// close writes what is left and returns what is to be said about standard
// output, or "" if all is well. The reason is part of it only if the very last
// write or the close failed; GNU has forgotten any earlier one by then.
func (o *output) close() string {
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
