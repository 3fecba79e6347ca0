package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/manifest"
	"github.com/psha1sum/psha1sum/reader"
)

// holdsOutput reports whether all that is in the file that is replaced is what this
// program, or one of GNU's, writes there: checksum lines in any form and of any
// algorithm (as -a auto takes them, so not BLAKE2b of an unusual length without its
// tag), our JSON or a report for JUnit; or nothing. It is read once.
func (t *target) holdsOutput() bool {
	t.looked.Do(func() { t.earlier = t.old != (reader.ID{}) && isOutputFile(t.path, t.old) })
	return t.earlier
}

// An earlierOutput is what target.holdsOutput remembers.
type earlierOutput struct {
	looked  sync.Once
	earlier bool
}

func isOutputFile(name string, id reader.ID) bool {
	info := reader.Stat(name)
	if info.ID != id || !info.Regular {
		return false
	}
	f, err := reader.Open(name, info)
	if err != nil {
		return false
	}
	defer f.Close()
	return isOutput(&f)
}

// longestLine is how long a line of our own may be in a file that is taken for ours:
// a name has 4 KiB at the most, and each byte may be written in several.
const longestLine = 64 << 10

// isOutput reads to the end of what is ours.
func isOutput(r io.Reader) bool {
	b := bufio.NewReaderSize(r, longestLine)
	begin, err := b.Peek(longestLine)
	switch {
	case len(begin) == 0:
		return err == io.EOF
	case begin[0] == '{':
		return isJSON(b)
	case begin[0] == '<':
		return isJUnit(b)
	case bytes.IndexByte(begin, 0) >= 0:
		return isManifest(&zeroLines{b})
	}
	return isManifest(b)
}

// isManifest reports whether there is nothing but checksum lines, not even comments:
// those somebody has written.
func isManifest(r io.Reader) bool {
	short := &shortLines{from: r}
	lines := manifest.NewParser(asShown(hasher.Algorithms, true)...).NewReader(short, false)
	var n uint64
	for {
		line, err := lines.Next()
		switch {
		case err == io.EOF:
			return n > 0 && n == lines.Lines()
		case err != nil, line.Malformed:
			return false
		}
		n++
	}
}

// zeroLines turns lines that end with a NUL, and may have newlines in their names, into
// such as can be parsed.
type zeroLines struct{ from io.Reader }

func (z *zeroLines) Read(p []byte) (int, error) {
	n, err := z.from.Read(p)
	for i, c := range p[:n] {
		switch c {
		case '\n':
			p[i] = '_'
		case 0:
			p[i] = '\n'
		}
	}
	return n, err
}

// shortLines gives up at a line that is too long to be ours.
type shortLines struct {
	from io.Reader
	line int // bytes of it so far
}

var errLongLine = errors.New("a long line")

func (s *shortLines) Read(p []byte) (int, error) {
	n, err := s.from.Read(p[:min(len(p), longestLine)])
	if last := bytes.LastIndexByte(p[:n], '\n'); last >= 0 {
		s.line = n - last - 1
	} else if s.line += n; s.line > longestLine {
		return 0, errLongLine
	}
	return n, err
}

// isJSON reports whether all lines are objects as jsonLines prints them, the first and
// the last included.
func isJSON(b *bufio.Reader) bool {
	const start = `{"type":"start","schema":`
	first, last := true, ""
	for {
		line, err := b.ReadSlice('\n')
		switch {
		case err == io.EOF && len(line) == 0:
			return strings.HasPrefix(last, `{"type":"total",`)
		case err != nil, !bytes.HasPrefix(line, []byte(`{"type":"`)), !bytes.HasSuffix(line, []byte("}\n")):
			return false
		case first && (!bytes.HasPrefix(line, []byte(start)) || !bytes.Contains(line, []byte(`"program":"psha1sum"`))):
			return false
		}
		first, last = false, string(line[:min(len(line), len(start))])
	}
}

// isJUnit reports whether all lines are those of a report as junit writes it.
func isJUnit(b *bufio.Reader) bool {
	const end = "</testsuites>\n"
	known := []string{
		"    <testcase classname=\"", "  <testsuite name=\"", "  </testsuite>\n", end,
		"expected: ", "actual:   ", "</failure></testcase>\n",
	}
	last := ""
	for n := 0; ; n++ {
		line, err := b.ReadSlice('\n')
		text := string(line)
		begins := func(with string) bool { return strings.HasPrefix(text, with) }
		switch {
		case err == io.EOF && text == "":
			return last == end
		case err != nil, last == end:
			return false
		case n == 0 && text == `<?xml version="1.0" encoding="UTF-8"?>`+"\n", n == 1 && begins(`<testsuites tests="`):
		case n < 2, !slices.ContainsFunc(known, begins):
			return false
		}
		last = text
	}
}
