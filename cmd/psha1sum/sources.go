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

// sourceFor returns the source of the files that the command line selects. base is where
// names are looked up; a is nil without --audit.
func (p *program) sourceFor(r *cli.Request, base *reader.Dir, reserved *reader.ReservedFD, a *verify.Audit) pipeline.Source {
	src := p.named(r, base)
	if a != nil {
		return source.NewAudited(a, p.manifests(r, src, base, reserved), *r.Audit, treesOf(r))
	}
	return p.filesOf(r, src, base, reserved)
}

// named returns the source of the operands, or of the names in the list of --files0-from.
func (p *program) named(r *cli.Request, base *reader.Dir) pipeline.Source {
	in := base
	if r.NamesManifests() {
		in = nil // the names are relative to the working directory
	}
	if r.Files0From != nil {
		return source.NewList(p.input(), *r.Files0From, in)
	}
	return source.NewOperands(p.input(), r.Operands, in)
}

// input returns how operands are opened.
func (p *program) input() source.Input {
	return source.Input{Stdin: p.in, Outputs: p.outputs, Quoting: &p.diag.Quoting}
}

// filesOf returns the source of the files that the names from src select.
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

// treesOf returns the options for walking directories.
func treesOf(r *cli.Request) source.TreeOptions {
	return source.TreeOptions{Follow: r.Follow, OneFileSystem: r.OneFileSystem, Globs: r.Globs}
}

// manifests returns the source of the files listed in the manifests that src names.
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

// estimate returns the estimate of the work ahead.
func (p *program) estimate(r *cli.Request, base *reader.Dir) *source.Estimate {
	e := source.NewEstimate(p.in, slices.Concat(p.outputs.Replaced, p.outputs.Cache), &p.descriptors, &p.threads)
	if e.IsIdle() || r.Files0From != nil && !source.IsReadableTwice(*r.Files0From) {
		return e
	}
	src := p.named(r, base)
	if r.NamesManifests() {
		src = e.Repeatable(src)
	}
	// Which unlisted files an audit finds, and whether it reads them, is known only after
	// all lines have been judged.
	e.LookAt(p.filesOf(r, src, base, nil), r.Audit != nil)
	return e
}
