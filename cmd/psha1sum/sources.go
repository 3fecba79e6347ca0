package main

import (
	"slices"

	"github.com/psha1sum/psha1sum/internal/cli"
	"github.com/psha1sum/psha1sum/internal/explain"
	"github.com/psha1sum/psha1sum/internal/source"
	"github.com/psha1sum/psha1sum/internal/verify"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// sourceFor returns the source that the command line asks for. base is where
// names are looked up; a is nil unless there is an audit.
func (p *program) sourceFor(r *cli.Request, base *reader.Dir, reserved *reader.ReservedFD, a *verify.Audit) pipeline.Source {
	src := p.named(r, base)
	if a != nil {
		return source.NewAudited(a, p.manifests(r, src, base, reserved), *r.Audit, treesOf(r))
	}
	return p.filesOf(r, src, base, reserved)
}

// named returns the source of what the command line names, or the list that it
// names.
func (p *program) named(r *cli.Request, base *reader.Dir) pipeline.Source {
	in := base
	if r.NamesManifests() {
		in = nil // they are where our caller is
	}
	if r.Files0From != nil {
		return source.NewList(p.input(), *r.Files0From, in)
	}
	return source.NewOperands(p.input(), r.Operands, in)
}

// input is what names stand for.
func (p *program) input() source.Input {
	return source.Input{Stdin: p.in, Outputs: p.outputs, Quoting: &p.diag.Quoting}
}

// filesOf returns the source of the files that what src names stands for.
func (p *program) filesOf(r *cli.Request, src pipeline.Source, base *reader.Dir, reserved *reader.ReservedFD) pipeline.Source {
	switch {
	case r.Digest != nil:
		return source.NewExpected(src, r.Algorithms, r.Digest)
	case r.Check:
		return p.manifests(r, src, base, reserved)
	case r.Recursive:
		src = source.NewTrees(src, treesOf(r), p.outputs)
	}
	if len(r.Algorithms) > 1 {
		src = source.NewSeveral(src, r.Algorithms)
	}
	return src
}

// treesOf says how to walk trees.
func treesOf(r *cli.Request) source.TreeOptions {
	return source.TreeOptions{Follow: r.Follow, OneFileSystem: r.OneFileSystem, Globs: r.Globs}
}

// manifests returns the source of what manifests list, which src names.
func (p *program) manifests(r *cli.Request, src pipeline.Source, base *reader.Dir, reserved *reader.ReservedFD) *source.Manifests {
	o := source.ManifestOptions{
		Algorithms: r.Algorithms, Auto: r.Auto, Base: base, PerManifest: r.PerManifest, Rule: ruleOf(r),
		Reserved: reserved, Outgrown: p.freeMemory,
	}
	if r.Explain {
		o.KeptLines, o.KeptText = explain.MaxLines, explain.MaxText
	}
	return source.NewManifests(p.input(), src, o)
}

// estimate returns what looks ahead of the run.
func (p *program) estimate(r *cli.Request, base *reader.Dir) *source.Estimate {
	e := source.NewEstimate(p.in, slices.Concat(p.outputs.Replaced, p.outputs.Cache), &p.descriptors, &p.threads)
	if e.IsIdle() || r.Files0From != nil && !source.IsReadableTwice(*r.Files0From) {
		return e
	}
	src := p.named(r, base)
	if r.NamesManifests() {
		src = e.Repeatable(src)
	}
	// Which files an audit finds that no manifest lists, and whether it reads them,
	// is known only when all lines were judged.
	e.LookAt(p.filesOf(r, src, base, nil), r.Audit != nil)
	return e
}
