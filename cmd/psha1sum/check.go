package main

import (
	"bytes"
	"errors"

	"github.com/psha1sum/psha1sum/manifest"
	"github.com/psha1sum/psha1sum/pipeline"
)

// A checker is the mode with --check: it judges the items of a manifestSource.
type checker struct {
	judge
	strict, ignoreMissing bool

	failFast bool
	required *requirements
	audit    *audit // nil: none

	tally tally // of the manifest whose lines are being judged
}

// errFailFast ends the run at the first failure.
var errFailFast = errors.New("fail fast")

// Result implements pipeline.Sink.
func (m *checker) Result(r *pipeline.Result) error {
	name := ""
	switch data := r.Data.(type) {
	case *listed:
		name = data.manifest
		m.line(r, name, &data.line, 0)
		for i := range data.more {
			m.line(r, name, &data.more[i], 1+i)
		}
	case *malformed:
		name = data.manifest
		m.tally.malformed++
		m.reports.malformed(data)
	case *endOfManifest:
		m.endOfManifest(data)
	case extra:
		m.extra(r)
	default:
		m.mark(data)
	}
	if !m.failFast || m.status == success && !m.fails(&m.tally) {
		return nil
	}
	if name != "" {
		m.endOfManifest(&endOfManifest{manifest: name})
	}
	return errFailFast
}

// fails reports whether a manifest with these lines is not verified, whatever
// others it has.
func (m *checker) fails(t *tally) bool {
	return t.mismatched > 0 || t.failed() > 0 || m.strict && t.malformed > 0
}

// extra judges a file that no manifest lists.
func (m *checker) extra(r *pipeline.Result) {
	f := finding{verdict: added, name: r.Name}
	if r.Err != nil {
		m.status = failure
		f.verdict, f.err = notRead(r), r.Err
	} else if from, ok := m.audit.claim(r.Algorithms, r.Digests); ok {
		f.verdict, f.from = moved, from
	}
	m.tell(f)
}

// line judges the i-th of the lines that list a file.
func (m *checker) line(r *pipeline.Result, name string, line *manifest.Line, i int) {
	f := finding{name: r.Name, algorithm: m.algorithm, again: i > 0, manifest: name, line: line}
	if r.Reader == nil {
		f.at = place{r.In, r.Name[r.Below:]}
	}
	if len(r.Algorithms) > 0 {
		f.algorithm = r.Algorithms[i]
	}
	switch {
	case r.Err != nil:
		f.verdict, f.err = notRead(r), r.Err
		f.forgiven = f.verdict == missing && m.ignoreMissing
	case i == 0:
		f.digest = r.Digest
	default:
		f.digest = r.Digests[i]
	}
	if r.Err == nil {
		f.verdict = mismatched
		if bytes.Equal(f.digest, line.Digest()) {
			f.verdict = verified
		}
	}
	m.tally.add(&f)
	m.required.see(&f)
	if m.audit != nil && f.verdict == missing {
		m.audit.miss(&f)
	}
	m.tell(f)
}

// endOfManifest decides whether a manifest was verified.
func (m *checker) endOfManifest(end *endOfManifest) {
	s := summary{manifest: end.manifest, trouble: end.trouble, lines: end.lines, tally: m.tally}
	m.tally = tally{}
	m.totals.manifests++
	m.totals.malformed += s.malformed
	s.passed = s.trouble == "" && s.verified > 0 && !m.fails(&s.tally)
	if !s.passed {
		m.status = failure
	}
	m.reports.ended(&s)
	if end.folder != nil {
		end.folder.Close()
	}
}

func (m *checker) finish() exitStatus {
	for _, remark := range m.required.open() {
		m.mark(remark)
	}
	if m.audit != nil {
		m.mark(m.audit.conclusion(&m.totals))
	}
	return m.judge.finish()
}
