package main

import (
	"context"
	"io"
	"path"
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
	listed  map[string]bool         // clean names
	missing map[string]*missingFile // by clean name
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
	name     string
	digests  []digestOf // of the lines that list it
	forgiven bool
	found    bool
}

func newAudit() *audit {
	return &audit{listed: map[string]bool{}, missing: map[string]*missingFile{}, wanted: map[digestOf][]*missingFile{}}
}

// miss takes note of a line whose file isn't there. The line's manifest is in a
// folder which is that of its names.
func (a *audit) miss(f *finding, folder string) {
	name := nameFrom(folder, f.name)
	clean := cleanName(name)
	file := a.missing[clean]
	if file == nil {
		file = &missingFile{name: name, forgiven: f.forgiven}
		a.missing[clean] = file
	}
	if len(f.line.Digest()) < chanceless {
		return // any file may have it
	}
	d := digestOf{f.algorithm, string(f.line.Digest())}
	if slices.Contains(file.digests, d) {
		return
	}
	if !slices.Contains(a.asked, f.algorithm) {
		a.asked = append(a.asked, f.algorithm)
	}
	file.digests = append(file.digests, d)
	a.wanted[d] = append(a.wanted[d], file)
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
	for _, d := range m.digests {
		i := slices.Index(r.Algorithms, d.algorithm)
		if i < 0 || string(r.Digests[i]) != d.digest {
			return false
		}
	}
	return true
}

// nameFrom is the name of a file that is called name from within a folder.
func nameFrom(folder, name string) string {
	if strings.HasPrefix(name, "/") {
		return name
	}
	return folder + name
}

// An extra is the data of a file that no manifest lists.
type extra struct{}

// An auditSource adds to the files that manifests list those that they don't,
// below a directory. They are read only if something is missing that they may be.
type auditSource struct {
	*audit
	manifests *manifestSource
	base      *reader.Folder
	tree      *treeSource
	walking   bool
}

func newAuditSource(s settings, a *audit, manifests *manifestSource, base *reader.Folder) *auditSource {
	// Manifests are not expected to list themselves.
	own := *manifests.program.own
	manifests.opened = func(id reader.ID) { own.target = append(own.target, id) }
	// "-" is a directory, too. Even if manifests are not trusted, the command line is.
	dir := pipeline.Item{Name: *s.audit, In: base.By(reader.Anything)}
	tree := newTreeSource(pipeline.Items(dir), s, &own)
	tree.directories = true
	return &auditSource{audit: a, manifests: manifests, base: base, tree: tree}
}

// Next implements pipeline.Source.
func (m *auditSource) Next(ctx context.Context, so pipeline.Sofar) (pipeline.Item, error) {
	if !m.walking {
		item, err := m.manifests.Next(ctx, so)
		if data, ok := item.Data.(*listed); ok && item.Reader == nil {
			data.folder = m.manifests.place()
			m.list(nameFrom(data.folder, data.line.Name))
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
			if note, ok := item.Data.(*remark); ok && !note.failed && m.listed[cleanName(note.about)] {
				continue // it was read, although it is no regular file
			}
			return item, nil
		}
		if m.listed[cleanName(item.Name)] {
			continue
		}
		item.Data = extra{}
		item.Algorithms = m.asked
		item.Marker = len(m.asked) == 0
		return item, nil
	}
}

// list takes note of a listed name, which is as seen from the base.
func (m *auditSource) list(name string) {
	name = cleanName(name)
	m.listed[name] = true
	// The way back from a folder is another than it seems if the folder is a link.
	if !strings.Contains(name, "..") {
		return
	}
	short := path.Clean(name)
	if id := m.base.Stat(name).ID; short != name && id != (reader.ID{}) && id == m.base.Stat(short).ID {
		m.listed[short] = true
	}
}

// conclusion returns what is to be said of it all.
func (a *audit) conclusion(t *totals) *remark {
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
		{t.verified, "verified"}, {t.mismatched, "mismatched"}, {t.unreadable, "unreadable"},
		{t.added, "new"}, {t.moved, "moved"}, {missing, "missing"},
	} {
		if i > 0 {
			text += ", "
		}
		text += strconv.FormatUint(n.n, 10) + " " + n.what
	}
	if forgiven > 0 {
		text += ", " + strconv.FormatUint(forgiven, 10) + " ignored"
	}
	return &remark{text: text}
}
