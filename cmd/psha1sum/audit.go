package main

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/algorithm"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// An audit compares what manifests list with what there is. The checker fills in what
// is listed and what of that is missing; when the source looks at it all lines have been
// judged, so they don't meet.
type audit struct {
	listed  *inventory
	missing map[directoryEntry]*missingFile
	wanted  map[digestOf][]*missingFile
	asked   []*hasher.Algorithm // of wanted
}

// A digestOf is a digest and its algorithm.
type digestOf struct {
	algorithm *hasher.Algorithm
	digest    string
}

// A missingFile is listed and isn't there, at least not under its name.
type missingFile struct {
	name     string           // as the manifest has it
	listings []missingListing // the lines that list it
	forgiven bool
	found    bool
}

// A missingListing is a digest that is listed for a missing file, by one of several
// algorithms.
type missingListing struct {
	digest string
	of     []*hasher.Algorithm
}

func newAudit(files *beside) *audit {
	return &audit{listed: newInventory(files), missing: map[directoryEntry]*missingFile{}, wanted: map[digestOf][]*missingFile{}}
}

// line takes note of a line, whose digest is by one of several algorithms. What its file
// is called is as seen from folder.
func (a *audit) line(f *report.Finding, of []*hasher.Algorithm, folder string) {
	if f.At.Path == "" {
		return // standard input
	}
	e := a.listed.entry(f.At, folder, f.Verdict == report.Missing)
	if !f.Again {
		e.in.names.add(strings.Clone(e.name))
	}
	if f.Verdict == report.Missing {
		a.miss(f, of, e)
	}
}

// miss takes note of a line whose file isn't there.
func (a *audit) miss(f *report.Finding, of []*hasher.Algorithm, e directoryEntry) {
	file := a.missing[e]
	if file == nil {
		file = &missingFile{name: f.Name, forgiven: f.Forgiven}
		a.missing[e] = file
	}
	if len(f.Line.Digest()) < algorithm.LeastProof {
		return // any file may have it
	}
	digest := string(f.Line.Digest())
	same := func(l missingListing) bool { return l.digest == digest && slices.Equal(l.of, of) }
	if slices.ContainsFunc(file.listings, same) {
		return
	}
	file.listings = append(file.listings, missingListing{digest, of})
	for _, alg := range of {
		if !slices.Contains(a.asked, alg) {
			a.asked = append(a.asked, alg)
		}
		if d := (digestOf{alg, digest}); !slices.Contains(a.wanted[d], file) {
			a.wanted[d] = append(a.wanted[d], file)
		}
	}
}

// find returns which missing file one that was read is, if it is one, and by which
// of its digests. Of several that are the same it is the first.
func (a *audit) find(r *pipeline.Result) (file *missingFile, by int) {
	for by, digest := range r.Digests {
		d := digestOf{r.Algorithms[by], string(digest)}
		for len(a.wanted[d]) > 0 {
			file, a.wanted[d] = a.wanted[d][0], a.wanted[d][1:]
			if !file.found && file.is(r) {
				file.found = true
				return file, by
			}
			// Another of its digests is not this file's. One that has all
			// of them finds it by that.
		}
	}
	return nil, 0
}

// is reports whether what was read has all digests of the missing file.
func (m *missingFile) is(r *pipeline.Result) bool {
	for _, l := range m.listings {
		if !slices.ContainsFunc(l.of, func(alg *hasher.Algorithm) bool { return string(digestBy(r, alg)) == l.digest }) {
			return false
		}
	}
	return true
}

// An extra is the data of a file that no manifest lists.
type extra struct{}

// An auditSource adds to the files that manifests list those that they don't,
// below a directory. They are read only if something is missing that they may be.
type auditSource struct {
	*audit
	manifests *manifestSource
	tree      *treeSource
	walking   bool
}

func newAuditSource(s settings, a *audit, manifests *manifestSource, base *reader.Folder) *auditSource {
	// Manifests are not expected to list themselves.
	own := manifests.program.own.Clone()
	manifests.opened = own.Skip
	// "-" is a directory, too. Even if manifests are not trusted, the command line is.
	dir := pipeline.Item{Name: *s.audit, In: base.By(reader.Anything)}
	tree := newTreeSource(pipeline.Items(dir), s, own)
	tree.directories = true
	tree.opt.Identify = true
	return &auditSource{audit: a, manifests: manifests, tree: tree}
}

// Next implements pipeline.Source.
func (m *auditSource) Next(ctx context.Context, so pipeline.Sofar) (pipeline.Item, error) {
	if !m.walking {
		item, err := m.manifests.Next(ctx, so)
		if data, ok := item.Data.(*listed); ok && item.Reader == nil {
			data.folder = m.manifests.place()
		}
		if err != io.EOF {
			return item, err
		}
		m.walking = true
		if !so.Written() { // what is missing is known then
			return pipeline.Item{}, context.Canceled
		}
	}
	for {
		item, err := m.tree.Next(ctx, so)
		if err != nil {
			return item, err
		}
		if item.Marker {
			if note, ok := item.Data.(*report.Remark); ok && !note.Failed && m.isListed(note.About, so) {
				continue // it was read, although it is no regular file
			}
			return item, nil
		}
		if m.isListed(item.Name, so) {
			continue
		}
		item.Data = extra{}
		item.Algorithms = m.asked
		item.Marker = len(m.asked) == 0
		return item, nil
	}
}

// isListed reports whether a manifest lists what the tree has delivered last.
func (m *auditSource) isListed(path string, so pipeline.Sofar) bool {
	dir, name := splitName(path)
	for _, in := range m.listed.find(dir, m.tree.in) {
		if in.names.has(name) || m.tree.folds(in, path[m.tree.below:], so) {
			return true
		}
	}
	return false
}

// conclusion returns what is to be said of it all.
func (a *audit) conclusion(t *report.Totals) *report.Remark {
	var missing, forgiven uint64
	for _, file := range a.missing {
		switch {
		case file.found:
		case file.forgiven:
			forgiven++
		default:
			missing++
		}
	}
	text := "audit: "
	for i, n := range []struct {
		n    uint64
		what string
	}{
		{t.Verified, "verified"}, {t.Mismatched, "mismatched"}, {t.Unreadable, "unreadable"},
		{t.Added, "new"}, {t.Moved, "moved"}, {missing, "missing"},
	} {
		if i > 0 {
			text += ", "
		}
		text += strconv.FormatUint(n.n, 10) + " " + n.what
	}
	if forgiven > 0 {
		text += ", " + strconv.FormatUint(forgiven, 10) + " ignored"
	}
	return &report.Remark{Text: text}
}
