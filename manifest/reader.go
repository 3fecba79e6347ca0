package manifest

import (
	"bytes"
	"io"
)

// bufferSize is the length in bytes of a Reader's buffer. Longer lines are collected in
// separate memory.
const bufferSize = 64 << 10

// maxEmptyReads is how many consecutive reads may return neither bytes nor an error
// before the Reader returns io.ErrNoProgress.
const maxEmptyReads = 100

// A Reader reads the lines of one manifest.
type Reader struct {
	parser *Parser
	src    io.Reader
	stdin  bool
	size   int // of buf
	keep   int // number of malformed lines whose text is still to be kept

	// buf[start:end] has been read but not returned; buf[start:scanned] has no line
	// feed. buf is nil before the first read and after the last.
	buf                 []byte
	start, scanned, end int

	// long is the beginning of a line that is longer than buf. Once it is settled, the
	// rest of the line is dropped.
	long    []byte
	settled bool

	number uint64
	err    error // error of src, returned after all lines before it
}

// Next returns the next line that is neither empty nor a comment, or io.EOF at the end.
// The last line may lack its line feed.
//
// Any other error is from src, returned after all lines before it. These include an
// incomplete line that was cut off by the error, which GNU also checks, because getline
// returns it. The error is sticky, and src is not read again.
func (r *Reader) Next() (Line, error) {
	for {
		text, err := r.readLine()
		if err != nil {
			return Line{}, err
		}
		if line, ok := r.parse(text); ok {
			return line, nil
		}
	}
}

// Lines returns the number of lines read so far, including skipped ones.
func (r *Reader) Lines() uint64 { return r.number }

// NextArrived is Next for lines that have already arrived completely. It returns false
// if there is none, and never reads.
func (r *Reader) NextArrived() (line Line, ok bool) {
	for !ok {
		text, arrived := r.arrived()
		if !arrived {
			return line, false
		}
		line, ok = r.parse(text)
	}
	return line, true
}

// Arrived reports whether Next would return a line without reading.
func (r *Reader) Arrived() bool {
	if len(r.long) > 0 {
		return false
	}
	for rest := r.buf[r.start:r.end]; ; {
		line, behind, ok := bytes.Cut(rest, newline)
		if !ok || !isPassedOver(line) {
			return ok
		}
		rest = behind
	}
}

var newline = []byte{'\n'}

// isPassedOver reports whether a line is skipped: empty or a comment. text may still
// have the carriage return of a Windows line ending.
func isPassedOver(text []byte) bool {
	return len(text) == 0 || text[0] == '#' || len(text) == 1 && text[0] == '\r'
}

// parse counts a line, and parses it unless it is skipped.
func (r *Reader) parse(text []byte) (line Line, ok bool) {
	r.number++
	if isPassedOver(text) {
		return line, false
	}
	if n := len(text); text[n-1] == '\r' {
		text = text[:n-1]
	}
	line.Number = r.number
	line.Malformed = !r.parser.parse(text, &line.Entry) || r.stdin && line.Name == "-"
	if line.Malformed {
		line.Entry = Entry{}
		if r.keep > 0 {
			r.keep--
			line.Text = string(text[:min(len(text), r.parser.keepBytes)])
		}
	}
	return line, true
}

// readLine returns the next line without its line feed, or the part of it that settles
// it. The slice is valid until the next call.
func (r *Reader) readLine() ([]byte, error) {
	for {
		if line, ok := r.arrived(); ok {
			return line, nil
		}
		if r.err == nil {
			r.fill()
			continue
		}
		if r.start < r.end || len(r.long) > 0 {
			return r.take(r.end, r.end), nil
		}
		r.releaseBuffer()
		return nil, r.err
	}
}

// arrived takes the next line if buf holds its end.
func (r *Reader) arrived() (line []byte, ok bool) {
	i := bytes.IndexByte(r.buf[r.scanned:r.end], '\n')
	if i < 0 {
		return nil, false
	}
	end := r.scanned + i
	return r.take(end, end+1), true
}

// take returns the line that ends before buf[end]. The next line begins at buf[next].
func (r *Reader) take(end, next int) []byte {
	line := r.buf[r.start:end]
	r.start, r.scanned = next, next
	if len(r.long) == 0 {
		return line
	}
	if r.settled {
		line = r.long
	} else {
		line = append(r.long, line...)
	}
	r.long, r.settled = nil, false
	return line
}

// fill reads once from src, after the partial line in buf.
func (r *Reader) fill() {
	if r.buf == nil {
		r.acquireBuffer()
	}
	if r.start > 0 {
		r.end = copy(r.buf, r.buf[r.start:r.end])
		r.start = 0
	}
	if r.end == len(r.buf) {
		r.stash(r.buf)
		r.end = 0
	}
	r.scanned = r.end
	for range maxEmptyReads {
		var n int
		n, r.err = r.src.Read(r.buf[r.end:])
		r.end += n
		if n > 0 || r.err != nil {
			return
		}
	}
	r.err = io.ErrNoProgress
}

// stash appends part to the long line, unless the line is settled. Checking that takes
// a pass over the line, so it is done only when the buffer would be doubled; all passes
// together are at most twice the line's length.
func (r *Reader) stash(part []byte) {
	if r.settled {
		return
	}
	if len(r.long)+len(part) > cap(r.long) {
		r.long = collapseIndent(r.long)
		if r.parser.settled(r.long) {
			r.settled = true
			return
		}
		if room := len(r.long) + max(len(r.long), len(part)); room > cap(r.long) {
			r.grow(room)
		}
	}
	r.long = append(r.long, part...)
}

// grow moves the long line to a larger buffer. Unlike slices.Grow, it does not touch
// the unused part, so that the system need not provide its pages.
func (r *Reader) grow(room int) {
	more := make([]byte, 0, room)
	r.long = append(more, r.long...)
	if len(r.long) >= outgrownFrom && r.parser.outgrown != nil {
		r.parser.outgrown()
	}
}

// outgrownFrom is the buffer size in bytes from which Parser.Outgrown is called: a
// garbage collection then takes less time than filling the buffer did.
const outgrownFrom = 16 << 20

// collapseIndent reduces leading blanks to a single one, which is enough to know that
// the line is neither empty nor a comment.
func collapseIndent(line []byte) []byte {
	indent := len(line) - len(trimBlanks(line))
	if indent <= 1 {
		return line
	}
	return append(line[:1], line[indent:]...)
}

// acquireBuffer reuses the buffer of an earlier Reader of the Parser, so that a run
// over thousands of small manifests allocates one.
func (r *Reader) acquireBuffer() {
	r.buf, r.parser.spare = r.parser.spare, nil
	if len(r.buf) != r.size {
		r.buf = make([]byte, r.size)
	}
}

func (r *Reader) releaseBuffer() {
	if r.buf != nil {
		r.buf, r.parser.spare = nil, r.buf
	}
	r.start, r.scanned, r.end = 0, 0, 0
}
