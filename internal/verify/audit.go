package verify

import (
	"slices"
	"strconv"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/algorithm"
	"github.com/psha1sum/psha1sum/internal/fdlimit"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// An Audit compares what manifests list with the files that exist. The mode with --check
// records listed and missing files. The source reads them only after all lines have been
// judged, so the two need no locking.
type Audit struct {
	listed  *inventory
	missing map[directoryEntry]*missingFile
	wanted  map[digestOf][]*missingFile
	asked   []*hasher.Algorithm // the algorithms in wanted
}

// A digestOf is a digest and its algorithm.
type digestOf struct {
	algorithm *hasher.Algorithm
	digest    string
}

// A missingFile is a file that is listed but doesn't exist under its name.
type missingFile struct {
	name     string           // the name in the manifest
	listings []missingListing // the lines that list it
	ignored  bool
	found    bool
}

// A missingListing is a digest listed for a missing file, by one of several algorithms.
type missingListing struct {
	digest string
	of     []*hasher.Algorithm
}

// NewAudit returns an audit. It opens directories within the limit of files.
func NewAudit(files *fdlimit.Budget) *Audit {
	return &Audit{listed: newInventory(files), missing: map[directoryEntry]*missingFile{}, wanted: map[digestOf][]*missingFile{}}
}

// line records a line, whose digest is by one of several algorithms. The path in f.At is
// relative to directory.
func (a *Audit) line(f *report.Finding, of []*hasher.Algorithm, directory string) {
	if f.At.Path == "" {
		return // standard input
	}
	e := a.listed.entry(f.At, directory, f.Verdict == report.Missing)
	if !f.Again {
		e.in.names.add(strings.Clone(e.name))
	}
	if f.Verdict == report.Missing {
		a.miss(f, of, e)
	}
}

// miss records a line whose file is missing.
func (a *Audit) miss(f *report.Finding, of []*hasher.Algorithm, e directoryEntry) {
	file := a.missing[e]
	if file == nil {
		file = &missingFile{name: f.Name, ignored: f.Ignored}
		a.missing[e] = file
	}
	if len(f.Line.Digest()) < algorithm.MinProofBytes {
		return // too short to identify a file
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

// find returns the missing file that has the contents of r, if there is one, and the
// index of the digest that matched. If several match it returns the first.
func (a *Audit) find(r *pipeline.Result) (file *missingFile, by int) {
	for by, digest := range r.Digests {
		d := digestOf{r.Algorithms[by], string(digest)}
		for len(a.wanted[d]) > 0 {
			file, a.wanted[d] = a.wanted[d][0], a.wanted[d][1:]
			if !file.found && file.is(r) {
				file.found = true
				return file, by
			}
			// Another digest listed for it is not this file's. A file that has all of
			// them will still find it by that digest.
		}
	}
	return nil, 0
}

// is reports whether r has all digests of the missing file.
func (m *missingFile) is(r *pipeline.Result) bool {
	for _, l := range m.listings {
		if !slices.ContainsFunc(l.of, func(alg *hasher.Algorithm) bool { return string(digestBy(r, alg)) == l.digest }) {
			return false
		}
	}
	return true
}

// Digests returns the algorithms by which unlisted files must be hashed to recognize
// missing ones. Call it after all lines have been judged.
func (a *Audit) Digests() []*hasher.Algorithm { return a.asked }

// In returns what is listed in the directory of path, under any spelling, and the last
// element of path. id identifies the directory, if known.
func (a *Audit) In(path string, id reader.DirectoryID) (dirs []*Directory, name string) {
	dir, name := splitName(path)
	return a.listed.find(dir, id), name
}

// conclusion returns the summary of the audit.
func (a *Audit) conclusion(t *report.Totals) *report.Remark {
	var missing, ignored uint64
	for _, file := range a.missing {
		switch {
		case file.found:
		case file.ignored:
			ignored++
		default:
			missing++
		}
	}
	text := "audit: "
	for i, n := range []struct {
		n    uint64
		what string
	}{
		{t.Of[report.Verified], "verified"}, {t.Of[report.Mismatch], "mismatched"}, {t.Of[report.Unreadable], "unreadable"},
		{t.Of[report.New], "new"}, {t.Of[report.Moved], "moved"}, {missing, "missing"},
	} {
		if i > 0 {
			text += ", "
		}
		text += strconv.FormatUint(n.n, 10) + " " + n.what
	}
	if ignored > 0 {
		text += ", " + strconv.FormatUint(ignored, 10) + " ignored"
	}
	return &report.Remark{Text: text}
}
