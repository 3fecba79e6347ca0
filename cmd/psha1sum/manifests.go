package main

import (
	"context"
	"io"
	"slices"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/manifest"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// A malformed marks the place of a line that is to be reported as such.
type malformed struct {
	manifest string
	line     uint64
}

// An endOfManifest marks the place behind a manifest's last line.
type endOfManifest struct {
	manifest  string
	malformed uint64
	trouble   string // why its lines came to an end, if not by themselves
}

// A listed file is one that a manifest lists: in a line or, if there are several
// algorithms, in neighbouring ones, each of another.
type listed struct {
	line manifest.Line
	more []manifest.Line
}

// A manifestSource turns manifests into items: the files they list, with the
// *listed as their data, and markers.
type manifestSource struct {
	*program
	warn       bool // malformed lines are wanted one by one
	algorithms []*hasher.Algorithm
	rest       []string
	parser     *manifest.Parser
	alone      map[*hasher.Algorithm][]*hasher.Algorithm // lists of one
	name       string                                    // of the open manifest, as messages show it
	file       reader.File
	lines      *manifest.Reader // of the open manifest; nil if none is
	malformed  uint64           // lines of it
	ahead      *manifest.Line   // read already
}

func newManifestSource(p *program, s settings) *manifestSource {
	m := &manifestSource{
		program:    p,
		warn:       s.warn,
		algorithms: s.algorithms,
		rest:       s.operands,
		alone:      map[*hasher.Algorithm][]*hasher.Algorithm{},
	}
	var known []manifest.Algorithm
	for _, alg := range s.algorithms {
		a := manifest.Algorithm{Tag: alg.Tag, Size: alg.Size, Variable: alg.MinSize > 0}
		if s.auto {
			a.Aliases = alg.OtherTags // GNU's tools know only their own
		}
		known = append(known, a)
	}
	m.parser = manifest.NewParser(known...)
	return m
}

// Next implements pipeline.Source.
func (m *manifestSource) Next(_ context.Context, so pipeline.Sofar) (pipeline.Item, error) {
	if m.lines == nil {
		if len(m.rest) == 0 {
			return pipeline.Item{}, io.EOF
		}
		if err := m.openNext(so); err != nil {
			return m.end(strerror(err)), nil
		}
	}
	for {
		line, err := m.nextLine()
		switch {
		case err == io.EOF:
			return m.close(""), nil
		case err != nil:
			return m.close("read error"), nil // GNU doesn't say why
		case line.Malformed:
			m.malformed++
			if m.warn {
				return placeholder(malformed{m.name, line.Number}), nil
			}
		default:
			return m.listed(line), nil
		}
	}
}

func (m *manifestSource) nextLine() (manifest.Line, error) {
	if m.ahead != nil {
		line := *m.ahead
		m.ahead = nil
		return line, nil
	}
	return m.lines.Next()
}

// listed returns the item of a line, and of those behind it that have arrived and
// name the same file: it is read once then.
func (m *manifestSource) listed(line manifest.Line) pipeline.Item {
	data := &listed{line: line}
	item := m.item(line.Name)
	item.Data = data
	first := m.algorithm(&line)
	if len(m.algorithms) == 1 {
		if first != m.algorithms[0] {
			item.Algorithms = m.list(first)
		}
		return item
	}
	item.Algorithms = m.list(first)
	for item.Reader == nil { // standard input is empty the second time
		next, ok := m.lines.NextArrived()
		if !ok {
			break
		}
		alg := m.algorithm(&next)
		if next.Malformed || next.Name != line.Name || slices.Contains(item.Algorithms, alg) {
			m.ahead = &next
			break
		}
		data.more = append(data.more, next)
		item.Algorithms = append(item.Algorithms, alg)
	}
	return item
}

// algorithm returns what a line is of.
func (m *manifestSource) algorithm(line *manifest.Line) *hasher.Algorithm {
	if line.Malformed {
		return nil
	}
	alg := m.algorithms[line.Algorithm]
	if alg.Size != line.Size {
		return alg.Sized(line.Size)
	}
	return alg
}

// list returns the list of one algorithm, which has no room for another.
func (m *manifestSource) list(alg *hasher.Algorithm) []*hasher.Algorithm {
	if m.alone[alg] == nil {
		m.alone[alg] = []*hasher.Algorithm{alg}
	}
	return m.alone[alg][:1:1]
}

// openNext opens the next manifest. That is an event like the opening of any
// other file: it waits until no barrier is open, and if the manifest is a pipe,
// until all earlier lines have been answered.
func (m *manifestSource) openNext(so pipeline.Sofar) error {
	operand := m.rest[0]
	m.rest = m.rest[1:]
	m.malformed = 0
	m.name = operand
	if operand == "-" {
		so.Written()
		m.name = "standard input"
		m.lines = m.parser.NewReader(m.in, true)
		m.file = reader.From(m.in)
		return nil
	}
	so.Opened()
	info := reader.Stat(operand)
	if info.Kind == reader.Sequential {
		so.Written()
	}
	var err error
	m.file, err = reader.Open(operand, info)
	if err != nil && reader.OutOfDescriptors(err) {
		so.Written() // nothing of ours is open then
		m.file, err = reader.Open(operand, info)
	}
	if err == nil {
		m.lines = m.parser.NewReader(&m.file, false)
	}
	return err
}

// close closes the open manifest and returns the marker of its end.
func (m *manifestSource) close(trouble string) pipeline.Item {
	m.lines = nil
	if err := m.file.Close(); err != nil && trouble == "" {
		trouble = strerror(err)
	}
	return m.end(trouble)
}

func (m *manifestSource) end(trouble string) pipeline.Item {
	return placeholder(endOfManifest{m.name, m.malformed, trouble})
}

func placeholder(data any) pipeline.Item { return pipeline.Item{Marker: true, Data: data} }
