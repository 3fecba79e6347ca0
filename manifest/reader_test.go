package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// newSmallReader returns a Reader with a buffer of size bytes, so that short lines
// exceed it.
func newSmallReader(p *Parser, src io.Reader, stdin bool, size int) *Reader {
	r := p.NewReader(src, stdin)
	r.size = size
	return r
}

// TestReaderSplits: the lines don't depend on the size of reads or of the buffer.
func TestReaderSplits(t *testing.T) {
	sources := []struct {
		name string
		wrap func(io.Reader) io.Reader
	}{
		{"whole", func(r io.Reader) io.Reader { return r }},
		{"one byte a read", iotest.OneByteReader},
		{"half of what is asked for", iotest.HalfReader},
		{"end with the last bytes", iotest.DataErrReader},
		{"every other read empty", func(r io.Reader) io.Reader { return &stutterer{src: r} }},
	}
	for _, c := range grammarCases {
		for _, source := range sources {
			for _, size := range []int{1, 2, 3, 16, 64, 200, bufferSize} {
				p := NewParser(sha1Lines)
				got, err := readAll(newSmallReader(p, source.wrap(strings.NewReader(c.text)), c.stdin, size))
				if err != nil || !slices.Equal(got, c.want) {
					t.Errorf("%s, source %s, buffer of %d bytes: manifest %q\n got %q, %v\nwant %q",
						c.name, source.name, size, c.text, got, err, c.want)
				}
			}
		}
	}
}

// A stutterer returns no bytes at every other Read.
type stutterer struct {
	src   io.Reader
	empty bool
}

func (s *stutterer) Read(p []byte) (int, error) {
	if s.empty = !s.empty; s.empty {
		return 0, nil
	}
	return s.src.Read(p)
}

// A script is a source that returns one piece per Read, then err. It counts the calls.
type script struct {
	pieces []string
	err    error
	reads  int
}

func (s *script) Read(p []byte) (int, error) {
	s.reads++
	if s.reads > len(s.pieces) {
		return 0, s.err
	}
	return copy(p, s.pieces[s.reads-1]), nil
}

// TestReaderReturnsLinesBeforeReading: a program may wait for the answer to a line
// before it sends the next, so the Reader must not read while it has a line to return.
func TestReaderReturnsLinesBeforeReading(t *testing.T) {
	type step struct {
		want  string
		reads int // made until then
	}
	for _, c := range []struct {
		name   string
		pieces []string
		steps  []step
	}{
		{"a line a read", []string{H + "  a\n", H + "  b\n"},
			[]step{{`1 "a"`, 1}, {`2 "b"`, 2}, {"EOF", 3}}},
		{"several lines in a read", []string{H + "  a\nbad\n" + H + "  b\n", H + "  c\n"},
			[]step{{`1 "a"`, 1}, {"2 malformed", 1}, {`3 "b"`, 1}, {`4 "c"`, 2}, {"EOF", 3}}},
		{"with the beginning of the next", []string{H + "  a\n" + H[:7], H[7:] + "  b\n" + H, "  c\n"},
			[]step{{`1 "a"`, 1}, {`2 "b"`, 2}, {`3 "c"`, 3}, {"EOF", 4}}},
		{"past comments", []string{H + "  a\n#\n\n", "#\n", H + "  b\n"},
			[]step{{`1 "a"`, 1}, {`5 "b"`, 3}, {"EOF", 4}}},
		{"last line without line feed", []string{H + "  a\n" + H + "  b"},
			[]step{{`1 "a"`, 1}, {`2 "b"`, 2}, {"EOF", 2}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := &script{pieces: c.pieces, err: io.EOF}
			r := NewParser(sha1Lines).NewReader(src, false)
			for i, want := range c.steps {
				line, err := r.Next()
				got := step{describe(line), src.reads}
				if err != nil {
					got.want = err.Error()
				}
				if got != want {
					t.Errorf("call %d of Next: got %v, want %v", i+1, got, want)
				}
			}
		})
	}
}

// TestReaderArrived: complete lines are returned without reading, however they arrive,
// and Arrived reports them.
func TestReaderArrived(t *testing.T) {
	rng := rand.New(rand.NewPCG(16, 1))
	lines := []string{H + "  a\n", H + "  b\r\n", "#\n", "\n", "\r\n", "# " + strings.Repeat("c", 300) + "\n", "bad\n", "\r\r\n", H + "  " + strings.Repeat("d", 300) + "\n"}
	arrived := 0
	for range 300 {
		var text strings.Builder
		for range rng.IntN(20) {
			text.WriteString(lines[rng.IntN(len(lines))])
		}
		src := &script{err: io.EOF}
		for rest := text.String(); rest != ""; {
			n := 1 + rng.IntN(min(len(rest), 200))
			src.pieces = append(src.pieces, rest[:n])
			rest = rest[n:]
		}
		r := newSmallReader(NewParser(sha1Lines), src, false, 250)
		for {
			known, reads := r.Arrived(), src.reads
			_, err := r.Next()
			if known && (err != nil || src.reads != reads) {
				t.Fatalf("%q: what had arrived took %d reads: %v", text.String(), src.reads-reads, err)
			}
			if known {
				arrived++
			}
			if err != nil {
				break
			}
		}
	}
	if arrived < 300 {
		t.Errorf("only %d lines had arrived", arrived)
	}

	r := NewParser(sha1Lines).NewReader(strings.NewReader(strings.Repeat(H+"  a\n#\n", 5)), false)
	for i := range 5 {
		if r.Arrived() != (i > 0) {
			t.Errorf("line %d has arrived: %v", i, r.Arrived())
		}
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if r.Arrived() {
		t.Error("a line has arrived behind the last")
	}
}

func TestReaderReturnsLongLineBeforeReading(t *testing.T) {
	// The line fills the buffer to its last byte, so its line feed arrives separately.
	name := strings.Repeat("n", bufferSize-len(H)-2)
	src := &script{pieces: []string{H + "  " + name, "\n"}, err: io.EOF}
	r := NewParser(sha1Lines).NewReader(src, false)
	if line, err := r.Next(); err != nil || line.Name != name || src.reads != 2 {
		t.Errorf("got a name of %d bytes, %v after %d reads", len(line.Name), err, src.reads)
	}
}

// TestReaderNeverReadsBehindEnd: on a terminal, another Read after the end would wait
// for the user.
func TestReaderNeverReadsBehindEnd(t *testing.T) {
	broken := errors.New("broken")
	for _, end := range []error{io.EOF, broken} {
		for _, text := range []string{"", H + "  a\n", H + "  a\n" + H + "  b"} {
			src := &script{pieces: []string{text}, err: end}
			if text == "" {
				src.pieces = nil
			}
			r := NewParser(sha1Lines).NewReader(src, false)
			var err error
			for err == nil {
				_, err = r.Next()
			}
			for range 3 {
				if line, again := r.Next(); again != end || line != (Line{}) {
					t.Errorf("%q: Next behind the end returned %v, %v, want %v", text, line, again, end)
				}
			}
			if err != end || src.reads != len(src.pieces)+1 {
				t.Errorf("%q: got %v after %d reads, want %v after %d", text, err, src.reads, end, len(src.pieces)+1)
			}
		}
	}
}

// TestReaderError: what precedes an error is parsed as if it were complete, because
// getline returns the incomplete line.
func TestReaderError(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name string
		text string
		want []string
	}{
		{"at once", "", nil},
		{"between lines", lines(H+"  a", "bad"), []string{`1 "a"`, "2 malformed"}},
		{"within a name", lines(H+"  a") + H + "  b", []string{`1 "a"`, `2 "b"`}},
		{"within a digest", lines(H+"  a") + H[:20], []string{`1 "a"`, "2 malformed"}},
		{"within a comment", lines(H+"  a") + "# " + H, []string{`1 "a"`}},
	} {
		for _, size := range []int{1, 50, bufferSize} {
			for _, source := range []io.Reader{
				io.MultiReader(strings.NewReader(c.text), iotest.ErrReader(broken)),
				&errorWithData{strings.NewReader(c.text), broken},
			} {
				got, err := readAll(newSmallReader(NewParser(sha1Lines), source, false, size))
				if err != broken || !slices.Equal(got, c.want) {
					t.Errorf("%s, %T, buffer of %d bytes: got %q, %v; want %q, %v", c.name, source, size, got, err, c.want, broken)
				}
			}
		}
	}
}

// An errorWithData returns err together with the last bytes.
type errorWithData struct {
	src *strings.Reader
	err error
}

func (e *errorWithData) Read(p []byte) (int, error) {
	n, _ := e.src.Read(p)
	if e.src.Len() == 0 {
		return n, e.err
	}
	return n, nil
}

func TestReaderGivesUpIdleSource(t *testing.T) {
	src := &script{pieces: []string{H + "  a\n"}}
	got, err := readAll(NewParser(sha1Lines).NewReader(src, false))
	if err != io.ErrNoProgress || !slices.Equal(got, []string{`1 "a"`}) {
		t.Errorf("got %q, %v; want one line, %v", got, err, io.ErrNoProgress)
	}
}

// endless returns a source of head, then n bytes of repeated fill, then tail.
func endless(head, fill string, n int64, tail string) io.Reader {
	return io.MultiReader(strings.NewReader(head), io.LimitReader(&repeater{s: fill}, n), strings.NewReader(tail))
}

type repeater struct {
	s  string
	at int
}

func (r *repeater) Read(p []byte) (n int, _ error) {
	for n < len(p) {
		k := copy(p[n:], r.s[r.at:])
		n += k
		r.at = (r.at + k) % len(r.s)
	}
	return n, nil
}

// TestReaderMemory: manifests are untrusted, so an endless line takes memory only for
// what may be the name of an entry.
func TestReaderMemory(t *testing.T) {
	length := int64(200 << 20)
	if testing.Short() {
		length = 20 << 20
	}
	zeros := strings.Repeat("\x00", 4096)
	text := strings.Repeat("x", 4096)
	blanks := strings.Repeat(" \t", 2048)
	for _, c := range []struct {
		name       string
		before     string // lines before the long one
		head, fill string
		want       string // of the long line
	}{
		{"text", "", "", text, "1 malformed"},
		{"zeros", "", "", zeros, "1 malformed"},
		{"digits", "", "", strings.Repeat(H, 100), "1 malformed"},
		{"comment", "", "#", text, ""},
		{"blanks", "", "", blanks, "1 malformed"},
		{"blanks before text", "", blanks + "x", text, "1 malformed"},
		{"blanks before a comment", "", " #", text, "1 malformed"},
		{"carriage returns", "", "", strings.Repeat("\r", 4096), "1 malformed"},
		{"backslashes", "", "", strings.Repeat(`\`, 4096), "1 malformed"},
		{"tag without name", "", "SHA1 ", text, "1 malformed"},
		{"no blank behind the digest", "", H, text, "1 malformed"},
		{"reversed among standard lines", H + "  a\n", H + " ", text, "2 malformed"},
		{"bad escape", "", `\` + H + `  \q`, text, "1 malformed"},
		{"bad escape beyond the buffer", "", `\` + H + `  ` + strings.Repeat("x", 2*bufferSize) + `\q`, text, "1 malformed"},
		{"bad escape in bsd", "", `\SHA1 (\q`, text, "1 malformed"},
		{"nul in an escaped name", "", `\` + H + "  a\x00", text, "1 malformed"},
		{"nul behind a name", "", H + "  a\x00", text, `1 "a"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewParser(sha1Lines).NewReader(endless(c.before+c.head, c.fill, length, "\n"+H+"  z\n"), false)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got, err := readAll(r)
			runtime.ReadMemStats(&after)
			var want []string
			if c.before != "" {
				want = append(want, `1 "a"`)
			}
			last := len(want) + 1
			if c.want != "" {
				want = append(want, c.want)
			}
			want = append(want, fmt.Sprintf("%d %q", last+1, "z"))
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("got %q, %v; want %q", got, err, want)
			}
			if total, limit := after.TotalAlloc-before.TotalAlloc, uint64(1<<20); total > limit {
				t.Errorf("a line of %d bytes allocated %d bytes, want at most %d", length, total, limit)
			}
		})
	}
}

// TestReaderLongNames: a name is kept completely, however long it is, and its memory is
// freed with it.
func TestReaderLongNames(t *testing.T) {
	for _, c := range []struct {
		name       string
		length     int
		head, tail string
	}{
		{"gnu", 100 << 20, H + "  ", ""},
		{"bsd", 10 << 20, "SHA1 (", ") = " + H},
		{"escaped", 10 << 20, `\` + H + "  ", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && c.length > 10<<20 {
				t.Skip("takes several times the length of the name in memory")
			}
			r := NewParser(sha1Lines).NewReader(endless(c.head, "0123456789", int64(c.length), c.tail+"\n"+H+"  z\n"), false)
			line, err := r.Next()
			if err != nil || line.Malformed || string(line.Digest()) != sum {
				t.Fatalf("got malformed %v, digest %x, %v", line.Malformed, line.Digest(), err)
			}
			if want := strings.Repeat("0123456789", c.length/10+1)[:c.length]; line.Name != want {
				t.Errorf("got another name, of %d bytes", len(line.Name))
			}
			if held := cap(r.buf) + cap(r.long); held > bufferSize {
				t.Errorf("the Reader still holds %d bytes", held)
			}
			if got, err := readAll(r); err != nil || !slices.Equal(got, []string{`2 "z"`}) {
				t.Errorf("then got %q, %v", got, err)
			}
		})
	}
}

func TestReaderAllocations(t *testing.T) {
	const n = 1000
	for _, c := range []struct {
		name string
		line string
		want float64 // per line
	}{
		{"gnu", H + "  name", 1},
		{"bsd", "SHA1 (name) = " + H, 1},
		{"escaped", `\` + H + `  a\nb\\c\r`, 1},
		{"malformed", "x" + H, 0},
		{"malformed escape", `\` + H + `  \x`, 0},
		{"comment", "# " + H, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := []byte(strings.Repeat(c.line+"\n", n))
			p := NewParser(sha1Lines)
			allocs := testing.AllocsPerRun(10, func() {
				r := p.NewReader(bytes.NewReader(text), false)
				for {
					if _, err := r.Next(); err != nil {
						return
					}
				}
			})
			const once = 4 // the Reader, its source
			if allocs > c.want*n+once {
				t.Errorf("%v allocations for %d lines, want %v a line", allocs, n, c.want)
			}
		})
	}
}

// TestReaderSharesBuffer: a run over many small manifests allocates one buffer.
func TestReaderSharesBuffer(t *testing.T) {
	p := NewParser(sha1Lines)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 1000 {
		if got, err := readAll(p.NewReader(strings.NewReader(H+"  a\n"), false)); err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
	}
	runtime.ReadMemStats(&after)
	if total, limit := after.TotalAlloc-before.TotalAlloc, uint64(2<<20); total > limit {
		t.Errorf("1000 manifests allocated %d bytes, want at most %d", total, limit)
	}
}

// TestReadersAreSeparate: two Readers of a Parser that are open at once don't share a
// buffer.
func TestReadersAreSeparate(t *testing.T) {
	p := NewParser(sha1Lines)
	if _, err := readAll(p.NewReader(strings.NewReader(H+"  a"), false)); err != nil {
		t.Fatal(err)
	}
	open := func(prefix string) *Reader {
		return p.NewReader(&script{
			pieces: []string{H + "  " + prefix + "a\n" + H + "  " + prefix, "b\n"},
			err:    io.EOF,
		}, false)
	}
	first, second := open("1"), open("2")
	for i, name := range []string{"a", "b"} {
		for prefix, r := range map[string]*Reader{"1": first, "2": second} {
			want := fmt.Sprintf("%d %q", i+1, prefix+name)
			if line, err := r.Next(); err != nil || describe(line) != want {
				t.Errorf("got %s, %v, want %s", describe(line), err, want)
			}
		}
	}
}
