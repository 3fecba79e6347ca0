package manifest

import (
	"bytes"
	"io"
)

// bufferSize is the length in bytes of a Reader's buffer. A longer line is
// gathered outside it.
const bufferSize = 64 << 10

// maxEmptyReads is how many times in a row a source may return nothing, neither
// bytes nor an error, before its Reader gives it up.
const maxEmptyReads = 100

// A Reader reads the lines of one manifest.
type Reader struct {
	parser *Parser
	src    io.Reader
	stdin  bool
	size   int // of buf
	keep   int // of how many malformed lines the text is still wanted

	// buf[start:end] was read and not yet returned; there is no line feed
	// before buf[scanned]. buf is nil before the first Read and after the last.
	buf                 []byte
	start, scanned, end int

	// long is the beginning of a line that has outgrown buf. Once settled, the
	// rest of the line is dropped as it arrives.
	long    []byte
	settled bool

	number uint64
	err    error // what ended src; returned when all before it was
}

// Next returns the next line that is neither a comment nor empty, or io.EOF
// behind the last one. A last line may lack its line feed.
//
// Any other error is what src returned. Every line before it has been returned
// then, the part of a line that the error cut off included: GNU checks that,
// too, because getline returns it like a line. Errors are returned again by
// later calls, and src is not read again after it returned one.
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

// Lines is how many lines were read so far, those that are passed over included.
func (r *Reader) Lines() uint64 { return r.number }

// NextArrived is Next for a line that has arrived whole. It reports false, and
// reads nothing, if there is none.
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

// Arrived reports whether Next would return a line without reading, as far as can be
// seen by looking no further than that line.
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

// isPassedOver reports whether a line is a comment or empty, but for the carriage return
// of a line from Windows.
func isPassedOver(text []byte) bool {
	return len(text) == 0 || text[0] == '#' || len(text) == 1 && text[0] == '\r'
}

// parse counts a line, and parses it if it is neither a comment nor empty.
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

// readLine returns the next line without its line feed, or as much of it as
// settles it. The line is valid until the next call.
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

// arrived takes the next line if buf has its end.
func (r *Reader) arrived() (line []byte, ok bool) {
	i := bytes.IndexByte(r.buf[r.scanned:r.end], '\n')
	if i < 0 {
		return nil, false
	}
	end := r.scanned + i
	return r.take(end, end+1), true
}

// take returns the line that ends before buf[end]; the one after it starts at
// buf[next].
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

// fill reads once from src, behind the part of a line that buf holds.
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

// stash adds part to the long line, unless the line is settled without it. To
// find out costs a pass over the line, so it is tried when the memory for the
// line would double, and all passes together are no longer than the line twice.
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

// grow moves the long line to more memory. What of it isn't used yet isn't written to
// either, as slices.Grow would, so that the system needn't give it.
func (r *Reader) grow(room int) {
	more := make([]byte, 0, room)
	r.long = append(more, r.long...)
	if len(r.long) >= outgrownFrom && r.parser.outgrown != nil {
		r.parser.outgrown()
	}
}

// outgrownFrom is how much memory is worth being given back at once: a garbage
// collection costs less than to fill it did.
const outgrownFrom = 16 << 20

// collapseIndent cuts the leading blanks of line to a single one. However many
// they are, all they say is that the line is neither empty nor a comment.
func collapseIndent(line []byte) []byte {
	indent := len(line) - len(trimBlanks(line))
	if indent <= 1 {
		return line
	}
	return append(line[:1], line[indent:]...)
}

// acquireBuffer takes the buffer that an earlier Reader of the Parser left, so
// that a run over thousands of small manifests makes one.
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
