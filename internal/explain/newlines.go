package explain

import (
	"bytes"

	"github.com/psha1sum/psha1sum/hasher"
)

// A hashInput is a writer whose data a pool hashes. It has two buffers: one is filled
// while the pool hashes the other.
type hashInput struct {
	stream *hasher.Stream
	buf    []byte
	back   chan []byte // a buffer to reuse; nil: to be allocated
	ended  chan struct{}
}

const (
	// maxBuffer is the maximum size of a buffer in bytes.
	maxBuffer = 256 << 10
	// bufferUnit is a multiple of every algorithm's block size.
	bufferUnit = 4 << 10
)

// newHashInput returns an input with an expected length of size bytes.
func newHashInput(pool *hasher.Pool, alg *hasher.Algorithm, size int64) *hashInput {
	room := int(min(maxBuffer, (max(size, 0)/bufferUnit+1)*bufferUnit))
	m := &hashInput{buf: make([]byte, 0, room), back: make(chan []byte, 1), ended: make(chan struct{}, 1)}
	m.stream = pool.NewStream(alg, m)
	m.back <- nil // allocated when needed
	return m
}

// Write implements io.Writer. It copies p and never fails.
func (m *hashInput) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if len(m.buf) == cap(m.buf) {
			m.submit()
		}
		room := min(cap(m.buf)-len(m.buf), len(p))
		m.buf = append(m.buf, p[:room]...)
		p = p[room:]
	}
	return n, nil
}

// submit passes the full buffer to the pool. It is called only if more data follows,
// because the last piece of a stream should not be empty.
func (m *hashInput) submit() {
	next := <-m.back
	if next == nil {
		next = make([]byte, 0, cap(m.buf))
	}
	m.stream.Write(m.buf)
	m.buf = next
}

// sum ends the input and returns the digest.
func (m *hashInput) sum() []byte {
	m.stream.Finish(m.buf)
	<-m.ended
	return m.stream.Sum(nil)
}

// abandon discards the input.
func (m *hashInput) abandon() {
	<-m.back
	m.stream.Abandon()
}

// Consumed implements hasher.Client.
func (m *hashInput) Consumed(_ *hasher.Stream, data []byte) { m.back <- data[:0] }

// Finished implements hasher.Client.
func (m *hashInput) Finished(*hasher.Stream, []byte) { m.ended <- struct{}{} }

// A conversion hashes a text with its line endings converted.
type conversion interface {
	Write(p []byte) (int, error)
	// end is called after the last Write. It reports whether the text was changed.
	end() bool
	sum() []byte
	abandon()
}

var carriageReturn, lineFeed = []byte{'\r'}, []byte{'\n'}

// A toLF removes the carriage return before each line feed.
type toLF struct {
	*hashInput
	held    bool // a carriage return is held back until the next byte is known
	changed bool
}

func (c *toLF) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if c.held {
			c.release(p[0] == '\n')
		}
		i := bytes.IndexByte(p, '\r')
		if i < 0 {
			c.hashInput.Write(p)
			break
		}
		c.hashInput.Write(p[:i])
		c.held = true
		p = p[i+1:]
	}
	return n, nil
}

func (c *toLF) release(drop bool) {
	c.held = false
	c.changed = c.changed || drop
	if !drop {
		c.hashInput.Write(carriageReturn)
	}
}

func (c *toLF) end() bool {
	if c.held {
		c.release(false)
	}
	return c.changed
}

// A toCRLF inserts a carriage return before each line feed that has none.
type toCRLF struct {
	*hashInput
	last    byte
	changed bool
}

func (c *toCRLF) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			c.hashInput.Write(p)
			c.last = p[len(p)-1]
			break
		}
		if i > 0 {
			c.hashInput.Write(p[:i])
			c.last = p[i-1]
		}
		if c.last != '\r' {
			c.hashInput.Write(carriageReturn)
			c.changed = true
		}
		c.hashInput.Write(lineFeed)
		c.last = '\n'
		p = p[i+1:]
	}
	return n, nil
}

func (c *toCRLF) end() bool { return c.changed }
