package main

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// An audit compares what manifests list with what there is. The source fills in
// what is listed, the checker what is missing; when the source looks at that all
// lines have been judged, so they don't meet.
type audit struct {
	listed  map[string]bool       // clean names
	missing map[digestOf][]string // names by what they should be, in order
	asked   []*hasher.Algorithm   // of missing
}

// A digestOf is a digest and its algorithm.
type digestOf struct {
	algorithm *hasher.Algorithm
	digest    string
}

func newAudit() *audit {
	return &audit{listed: map[string]bool{}, missing: map[digestOf][]string{}}
}

// nameFrom is the clean name of a file that is called name from within a folder.
func nameFrom(folder, name string) string {
	if folder != "" && !strings.HasPrefix(name, "/") {
		name = folder + "/" + name
	}
	return cleanName(name)
}

// miss takes note of a listed file that isn't there.
func (a *audit) miss(f *finding) {
	if !slices.Contains(a.asked, f.algorithm) {
		a.asked = append(a.asked, f.algorithm)
	}
	key := digestOf{f.algorithm, string(f.line.Digest())}
	a.missing[key] = append(a.missing[key], f.name)
}

// claim returns which missing file one with these digests is, and that it is
// missing no more.
func (a *audit) claim(algorithms []*hasher.Algorithm, digests [][]byte) (name string, ok bool) {
	for i, alg := range algorithms {
		key := digestOf{alg, string(digests[i])}
		if names := a.missing[key]; len(names) > 0 {
			a.missing[key] = names[1:]
			return names[0], true
		}
	}
	return "", false
}

// An extra is the data of a file that no manifest lists.
type extra struct{}

// An auditSource adds to the files that manifests list those that they don't,
// below a directory. They are read only if something is missing that they may be.
type auditSource struct {
	*audit
	manifests *manifestSource
	tree      pipeline.Source
	walking   bool
}

func newAuditSource(p *program, s settings, a *audit, manifests *manifestSource, base *reader.Folder) *auditSource {
	dir := &operandSource{program: p, rest: []string{*s.audit}, in: base}
	// Manifests are not expected to list themselves.
	own := *p.own
	manifests.opened = func(id reader.ID) { own.target = append(own.target, id) }
	return &auditSource{audit: a, manifests: manifests, tree: newTreeSource(dir, s, &own)}
}

// Next implements pipeline.Source.
func (m *auditSource) Next(ctx context.Context, so pipeline.Sofar) (pipeline.Item, error) {
	if !m.walking {
		item, err := m.manifests.Next(ctx, so)
		if data, ok := item.Data.(*listed); ok {
			m.listed[nameFrom(m.manifests.place(), data.line.Name)] = true
		}
		if err != io.EOF {
			return item, err
		}
		m.walking = true
		so.Written() // what is missing is known then
	}
	for {
		item, err := m.tree.Next(ctx, so)
		if err != nil || item.Marker {
			return item, err
		}
		if m.listed[nameFrom("", item.Name)] {
			continue
		}
		item.Data = extra{}
		item.Algorithms = m.asked
		item.Marker = len(m.asked) == 0
		return item, nil
	}
}

// conclusion returns what is to be said of it all.
func (a *audit) conclusion(t *totals) *remark {
	missing := t.missing - t.moved
	failed := t.mismatched+t.unreadable+t.moved+t.added+missing > 0
	text := "audit: "
	for i, n := range []struct {
		n    uint64
		what string
	}{
		{t.verified, "verified"}, {t.mismatched, "mismatched"}, {t.unreadable, "unreadable"},
		{t.moved, "moved"}, {t.added, "new"}, {missing, "missing"},
	} {
		if i > 0 {
			text += ", "
		}
		text += strconv.FormatUint(n.n, 10) + " " + n.what
	}
	return &remark{text: text, failed: failed}
}
