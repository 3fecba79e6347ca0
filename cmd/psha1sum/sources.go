package main

import (
	"context"
	"io"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/verify"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// Where items come from is a chain of sources, each of which knows only the one
// before it: the operands or a list of names, then trees in place of their names,
// then the lines of manifests in place of the manifests. Modes are sinks and know
// none of them.

// sourceFor returns the source that the command line asks for. base is where
// names are looked up; a is nil unless there is an audit.
func (p *program) sourceFor(s settings, base *reader.Folder, a *verify.Audit) pipeline.Source {
	src := p.named(s, base)
	if a != nil {
		return newAuditSource(s, a, newManifestSource(p, s, src, base), base)
	}
	return p.filesOf(s, src, base)
}

// named returns the source of what the command line names, or the list that it
// names.
func (p *program) named(s settings, base *reader.Folder) pipeline.Source {
	in := base
	if s.manifests() {
		in = nil // they are where our caller is
	}
	if s.files0From != nil {
		return newListSource(p, *s.files0From, in)
	}
	return &operandSource{program: p, rest: s.operands, in: in}
}

// manifests reports whether the command line names manifests.
func (s *settings) manifests() bool { return s.check && s.digest == nil }

// filesOf returns the source of the files that what src names stands for.
func (p *program) filesOf(s settings, src pipeline.Source, base *reader.Folder) pipeline.Source {
	switch {
	case s.digest != nil:
		return &expectSource{from: src, of: s.algorithms, digest: s.digest}
	case s.check:
		return newManifestSource(p, s, src, base)
	case s.recursive:
		src = newTreeSource(src, s, p.own)
	}
	if len(s.algorithms) > 1 {
		src = &severalSource{src, s.algorithms}
	}
	return src
}

// An operandSource names the operands.
type operandSource struct {
	*program
	rest []string
	in   *reader.Folder
}

// Next implements pipeline.Source.
func (m *operandSource) Next(context.Context, pipeline.Sofar) (pipeline.Item, error) {
	if len(m.rest) == 0 {
		return pipeline.Item{}, io.EOF
	}
	name := m.rest[0]
	m.rest = m.rest[1:]
	return m.item(name, m.in), nil
}

// A severalSource asks for several algorithms for each file.
type severalSource struct {
	from       pipeline.Source
	algorithms []*hasher.Algorithm
}

// Next implements pipeline.Source.
func (m *severalSource) Next(ctx context.Context, so pipeline.Sofar) (pipeline.Item, error) {
	item, err := m.from.Next(ctx, so)
	if !item.Marker {
		item.Algorithms = m.algorithms
	}
	return item, err
}

// item is what an operand or a manifest's entry of this name stands for: the
// file, or standard input even if there is a file called "-".
func (p *program) item(name string, in *reader.Folder) pipeline.Item {
	if name == "-" {
		in := io.Reader(p.in)
		if ours := p.own.Input(); ours != nil && !p.in.Closed {
			in = ours
		}
		return pipeline.Item{Name: name, Reader: in, Barrier: true}
	}
	return pipeline.Item{Name: name, In: in}
}

// spared opens something of our own. If there is no descriptor left for it, it
// waits until there is: nothing else of ours is open then.
func spared(so pipeline.Sofar, open func() error) error {
	err := open()
	if err != nil && reader.OutOfDescriptors(err) {
		so.Written()
		err = open()
	}
	return err
}

// openBase opens a folder in which files are to be read, and which stays open
// until they have been. If that left no descriptor to them, those that are being
// read would wait for one in vain: it waits for them instead.
func openBase(so pipeline.Sofar, in *reader.Folder, name string, rule reader.Rule) (folder *reader.Folder, err error) {
	err = spared(so, func() error {
		so.Opening() // a file that comes short now does so for a moment
		defer so.Closed()
		if folder, err = reader.OpenFolder(in, name, rule); err != nil {
			return err
		}
		if err = folder.Room(); err != nil {
			folder.Close()
		}
		return err
	})
	return folder, err
}
