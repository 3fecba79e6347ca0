package main

import (
	"github.com/psha1sum/psha1sum/manifest"
	"github.com/psha1sum/psha1sum/pipeline"
)

// A printer is the mode without --check: the digest of each file, or several.
type printer struct {
	*program
	formats []manifest.Format // of each algorithm
	result  exitStatus
}

func newPrinter(p *program, s settings) *printer {
	p.out.hold = s.zero
	m := &printer{program: p}
	for _, alg := range s.algorithms {
		// Of several, the lines have to say which.
		m.formats = append(m.formats, manifest.Format{
			Tag: alg.Tag, Tagged: s.tag || len(s.algorithms) > 1, Binary: s.binary, Zero: s.zero,
		})
	}
	return m
}

func (m *printer) exit() exitStatus { return m.result }

// Result implements pipeline.Sink.
func (m *printer) Result(r *pipeline.Result) error {
	if r.Marker {
		m.result = max(m.result, m.mark(r.Data))
		return nil
	}
	if r.Err == pipeline.ErrExcluded {
		return nil // the file of --output, which may well be among others
	}
	if r.Err != nil {
		m.diag.aboutFile(r.Name, strerror(r.Err))
		m.result = failure
		return nil
	}
	if len(m.formats) == 1 {
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
