package formats

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/algorithm"
	"github.com/psha1sum/psha1sum/manifest"
)

// An EarlierOutput recognizes output of this program or of GNU's tools: checksum lines in
// any form and of any algorithm, our JSON or a report, or an empty file. The end may be
// missing, as after a process was killed.
type EarlierOutput struct {
	// Digits is the number of digits in this run's digests, so that its own output is
	// recognized however short they are.
	Digits int
	// Reports each recognize a kind of report, from its whole lines and an incomplete
	// last line.
	Reports []func(lines, rest []byte) bool
}

// IsOutput reports whether a file is earlier output. begin is the beginning of the file;
// end is its end, or nil if begin is the whole file. Both may be modified.
func (o EarlierOutput) IsOutput(begin, end []byte) bool {
	switch {
	case len(begin) == 0:
		return true
	case bytes.IndexByte(begin, 0) >= 0:
		begin, end = endingLines(begin), endingLines(end)
	}
	text := begin
	if end != nil {
		whole, _ := cutLines(begin)
		_, after, found := bytes.Cut(end, []byte{'\n'})
		if !found {
			return false
		}
		text = slices.Concat(whole, after)
	}
	for line := range bytes.Lines(text) {
		if len(line) > longestLine {
			return false
		}
	}
	switch lines, rest := cutLines(text); {
	case text[0] == '{':
		return isJSON(lines, rest)
	case slices.ContainsFunc(o.Reports, func(is func(lines, rest []byte) bool) bool { return is(lines, rest) }):
		return true
	default:
		return isManifest(text) || isManifest(lines) && beginsLine(rest) || o.isShort(lines, rest)
	}
}

// longestLine is the maximum length of a line in earlier output: a name has at most 4
// KiB, and a byte may be escaped by several.
const longestLine = 64 << 10

// cutLines splits text into whole lines and an incomplete last line.
func cutLines(text []byte) (lines, rest []byte) {
	end := bytes.LastIndexByte(text, '\n') + 1
	return text[:end], text[end:]
}

// endingLines converts, in place, lines that end with a NUL and may contain newlines to
// lines that can be parsed.
func endingLines(text []byte) []byte {
	for i, c := range text {
		switch c {
		case '\n':
			text[i] = '_'
		case 0:
			text[i] = '\n'
		}
	}
	return text
}

// isManifest reports whether text has at least one checksum line, as -a auto accepts
// them, and nothing else. Comments don't count as output: people write them.
func isManifest(text []byte) bool {
	lines := manifest.NewParser(algorithm.InManifests(hasher.Algorithms, true)...).NewReader(bytes.NewReader(text), false)
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

// beginsLine reports whether text may be the beginning of a checksum line.
func beginsLine(text []byte) bool {
	begin := strings.TrimPrefix(string(text), "\\")
	if len(begin) <= 2*hasher.MaxSize && strings.Trim(begin, lowerHex) == "" {
		return true
	}
	return slices.ContainsFunc(hasher.Algorithms, func(alg *hasher.Algorithm) bool {
		return isBeginOf(begin, alg.Tag+" (") || isBeginOf(begin, alg.Tag+"-")
	})
}

const lowerHex = "0123456789abcdef"

// isBeginOf reports whether one of two texts is a prefix of the other.
func isBeginOf(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }

// isShort reports whether all lines are those of b2sum with a --length that no other
// algorithm has; they don't name their algorithm. Lines with fewer digits than fewest may
// be anything, such as a table of numbers, and are accepted only if this run prints as
// few.
func (o EarlierOutput) isShort(lines, rest []byte) bool {
	const fewest = 16
	digits := 0
	for line := range bytes.Lines(lines) {
		line = bytes.TrimPrefix(line, []byte{'\\'})
		after := bytes.TrimLeft(line, lowerHex)
		n := len(line) - len(after)
		if digits == 0 {
			digits = n
		}
		marked := bytes.HasPrefix(after, []byte("  ")) || bytes.HasPrefix(after, []byte(" *"))
		if n != digits || n < fewest && n != o.Digits || n > 2*hasher.MaxSize || n%2 != 0 || !marked || len(after) < len("  x\n") {
			return false
		}
	}
	rest = bytes.TrimPrefix(rest, []byte{'\\'})
	after := bytes.TrimLeft(rest, lowerHex)
	n := len(rest) - len(after)
	return digits > 0 && (len(after) == 0 && n <= digits || n == digits && after[0] == ' ')
}

// isJSON reports whether all lines are objects in the form that jsonLines prints,
// beginning with the start object.
func isJSON(lines, rest []byte) bool {
	const start, object = `{"type":"start","schema":`, `{"type":"`
	n := 0
	for line := range bytes.Lines(lines) {
		switch {
		case !bytes.HasPrefix(line, []byte(object)), !bytes.HasSuffix(line, []byte("}\n")):
			return false
		case n == 0 && (!bytes.HasPrefix(line, []byte(start)) || !bytes.Contains(line, []byte(`"program":"psha1sum"`))):
			return false
		}
		n++
	}
	return n > 0 && isBeginOf(string(rest), object)
}

// IsJUnit reports whether lines are those of a report written by junit, and rest the
// beginning of such a line.
func IsJUnit(lines, rest []byte) bool {
	const end = "</testsuites>\n"
	known := []string{
		"    <testcase classname=\"", "  <testsuite name=\"", "  </testsuite>\n", end,
		"expected: ", "actual:   ", "</failure></testcase>\n",
	}
	n, last := 0, ""
	for line := range bytes.Lines(lines) {
		text := string(line)
		begins := func(with string) bool { return strings.HasPrefix(text, with) }
		switch {
		case last == end:
			return false
		case n == 0 && text == `<?xml version="1.0" encoding="UTF-8"?>`+"\n", n == 1 && begins(`<testsuites tests="`):
		case n < 2, !slices.ContainsFunc(known, begins):
			return false
		}
		last = text
		n++
	}
	begins := func(with string) bool { return isBeginOf(string(rest), with) }
	return n > 1 && (len(rest) == 0 || last != end && slices.ContainsFunc(known, begins))
}
