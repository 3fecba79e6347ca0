package main

import (
	"slices"

	"github.com/psha1sum/psha1sum/internal/explain"
	"github.com/psha1sum/psha1sum/internal/source"
	"github.com/psha1sum/psha1sum/internal/verify"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// sourceFor returns the source that the command line asks for. base is where
// names are looked up; a is nil unless there is an audit.
func (p *program) sourceFor(s settings, base *reader.Folder, seat *reader.Seat, a *verify.Audit) pipeline.Source {
	src := p.named(s, base)
	if a != nil {
		return source.NewAudited(a, p.manifests(s, src, base, seat), *s.audit, treesOf(s))
	}
	return p.filesOf(s, src, base, seat)
}

// named returns the source of what the command line names, or the list that it
// names.
func (p *program) named(s settings, base *reader.Folder) pipeline.Source {
	in := base
	if s.manifests() {
		in = nil // they are where our caller is
	}
	if s.files0From != nil {
		return source.NewList(p.input(), *s.files0From, in)
	}
	return source.NewOperands(p.input(), s.operands, in)
}

// input is what names stand for.
func (p *program) input() source.Input { return source.Input{Stdin: p.in, Outputs: p.own, Quoting: &p.diag.Quoting} }

// manifests reports whether the command line names manifests.
func (s *settings) manifests() bool { return s.check && s.digest == nil }

// filesOf returns the source of the files that what src names stands for.
func (p *program) filesOf(s settings, src pipeline.Source, base *reader.Folder, seat *reader.Seat) pipeline.Source {
	switch {
	case s.digest != nil:
		return source.NewExpected(src, s.algorithms, s.digest)
	case s.check:
		return p.manifests(s, src, base, seat)
	case s.recursive:
		src = source.NewTrees(src, treesOf(s), p.own)
	}
	if len(s.algorithms) > 1 {
		src = source.NewSeveral(src, s.algorithms)
	}
	return src
}

// treesOf says how to walk trees.
func treesOf(s settings) source.TreeOptions {
	return source.TreeOptions{Follow: s.follow, OneFileSystem: s.oneFileSystem, Globs: s.globs}
}

// manifests returns the source of what manifests list, which src names.
func (p *program) manifests(s settings, src pipeline.Source, base *reader.Folder, seat *reader.Seat) *source.Manifests {
	o := source.ManifestOptions{
		Algorithms: s.algorithms, Auto: s.auto, Base: base, PerManifest: s.relativeToManifest, Rule: s.rule(),
		Seat: seat, Outgrown: p.giveBack,
	}
	if s.explain {
		o.KeptLines, o.KeptText = explain.MaxLines, explain.MaxText
	}
	return source.NewManifests(p.input(), src, o)
}

// scout returns what looks ahead of the run.
func (p *program) scout(s settings, base *reader.Folder) *source.Estimate {
	sc := source.NewEstimate(p.in, slices.Concat(p.own.Replaced, p.own.Cache), &p.threads)
	if sc.IsIdle() || s.files0From != nil && !source.IsReadableTwice(*s.files0From) {
		return sc
	}
	src := p.named(s, base)
	if s.manifests() {
		src = sc.PassOver(src)
	}
	// Which files an audit finds that no manifest lists, and whether it reads them,
	// is known only when all lines were judged.
	sc.LookAlong(p.filesOf(s, src, base, nil), s.audit != nil)
	return sc
}
