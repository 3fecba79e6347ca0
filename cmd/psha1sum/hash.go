package main

import (
	"context"
	"io"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/manifest"
	"github.com/psha1sum/psha1sum/pipeline"
)

// A printer is the mode without --check: the digest of each operand, or several.
type printer struct {
	*program
	several []*hasher.Algorithm // if there is more than one
	formats []manifest.Format   // of each algorithm
	rest    []string            // operands that were not yet asked for
	result  exitStatus
}

func newPrinter(p *program, s settings) *printer {
	p.out.hold = s.zero
	m := &printer{program: p, rest: s.operands}
	if len(s.algorithms) > 1 {
		m.several = s.algorithms
	}
	for _, alg := range s.algorithms {
		// Of several, the lines have to say which.
		m.formats = append(m.formats, manifest.Format{
			Tag: alg.Tag, Tagged: s.tag || m.several != nil, Binary: s.binary, Zero: s.zero,
		})
	}
	return m
}

func (m *printer) exit() exitStatus { return m.result }

// Next implements pipeline.Source.
func (m *printer) Next(context.Context, pipeline.Sofar) (pipeline.Item, error) {
	if len(m.rest) == 0 {
		return pipeline.Item{}, io.EOF
	}
	name := m.rest[0]
	m.rest = m.rest[1:]
	item := m.item(name)
	item.Algorithms = m.several
	return item, nil
}

// Result implements pipeline.Sink.
func (m *printer) Result(r *pipeline.Result) error {
	if r.Err != nil {
		m.diag.aboutFile(r.Name, strerror(r.Err))
		m.result = failure
		return nil
	}
	if m.several == nil {
		m.line(&m.formats[0], r.Digest, r.Name)
		return nil
	}
	for i, digest := range r.Digests {
		m.line(&m.formats[i], digest, r.Name)
	}
	return nil
}

func (m *printer) line(format *manifest.Format, digest []byte, name string) {
	mark := len(m.out.buf)
	m.out.buf = format.Append(m.out.buf, digest, name)
	m.out.added(mark)
}

// Flush implements pipeline.Sink.
func (m *printer) Flush() error {
	m.out.ready()
	return nil
}
