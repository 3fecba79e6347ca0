package main

import (
	"context"
	"io"

	"github.com/psha1sum/psha1sum/manifest"
	"github.com/psha1sum/psha1sum/pipeline"
)

// A printer is the mode without --check: the digest of each operand.
type printer struct {
	*program
	format manifest.Format
	rest   []string // operands that were not yet asked for
	result exitStatus
}

func newPrinter(p *program, s settings) *printer {
	p.out.hold = s.zero
	return &printer{
		program: p,
		format:  manifest.Format{Tag: algorithm.Tag, Tagged: s.tag, Binary: s.binary, Zero: s.zero},
		rest:    s.operands,
	}
}

func (m *printer) exit() exitStatus { return m.result }

// Next implements pipeline.Source.
func (m *printer) Next(context.Context, pipeline.Sofar) (pipeline.Item, error) {
	if len(m.rest) == 0 {
		return pipeline.Item{}, io.EOF
	}
	name := m.rest[0]
	m.rest = m.rest[1:]
	return m.item(name), nil
}

// Result implements pipeline.Sink.
func (m *printer) Result(r *pipeline.Result) error {
	if r.Err != nil {
		m.diag.aboutFile(r.Name, strerror(r.Err))
		m.result = failure
		return nil
	}
	mark := len(m.out.buf)
	m.out.buf = m.format.Append(m.out.buf, r.Digest, r.Name)
	m.out.added(mark)
	return nil
}

// Flush implements pipeline.Sink.
func (m *printer) Flush() error {
	m.out.ready()
	return nil
}
