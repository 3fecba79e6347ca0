package main

import (
	"context"
	"io"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/manifest"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// algorithm is what is printed and checked.
var algorithm = hasher.SHA1

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

// A manifestSource turns manifests into items: the files they list, with the
// *manifest.Line as their data, and markers.
type manifestSource struct {
	*program
	warn      bool // malformed lines are wanted one by one
	rest      []string
	parser    *manifest.Parser
	name      string // of the open manifest, as messages show it
	file      reader.File
	lines     *manifest.Reader // of the open manifest; nil if none is
	malformed uint64           // lines of it
}

func newManifestSource(p *program, s settings) *manifestSource {
	return &manifestSource{
		program: p,
		warn:    s.warn,
		rest:    s.operands,
		parser:  manifest.NewParser(manifest.Algorithm{Tag: algorithm.Tag, Size: algorithm.Size}),
	}
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
		line, err := m.lines.Next()
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
			item := m.item(line.Name)
			item.Data = &line
			return item, nil
		}
	}
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
