package main

import (
	"bytes"

	"github.com/psha1sum/psha1sum/manifest"
	"github.com/psha1sum/psha1sum/pipeline"
)

// A checker is the mode with --check: it judges the items of a manifestSource.
type checker struct {
	judge
	strict, ignoreMissing bool

	tally tally // of the manifest whose lines are being judged
}

// Result implements pipeline.Sink.
func (m *checker) Result(r *pipeline.Result) error {
	switch data := r.Data.(type) {
	case *listed:
		m.line(r, data.manifest, &data.line, 0)
		for i := range data.more {
			m.line(r, data.manifest, &data.more[i], 1+i)
		}
	case *malformed:
		m.tally.malformed++
		m.reports.malformed(data)
	case *endOfManifest:
		m.endOfManifest(data)
	default:
		m.mark(data)
	}
	return nil
}

// line judges the i-th of the lines that list a file.
func (m *checker) line(r *pipeline.Result, name string, line *manifest.Line, i int) {
	f := finding{name: r.Name, algorithm: m.algorithm, again: i > 0, manifest: name, line: line}
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
	m.tell(f)
}

// endOfManifest decides whether a manifest was verified.
func (m *checker) endOfManifest(end *endOfManifest) {
	s := summary{manifest: end.manifest, trouble: end.trouble, tally: m.tally}
	m.tally = tally{}
	m.totals.manifests++
	m.totals.malformed += s.malformed
	if s.trouble != "" || s.verified == 0 || s.mismatched > 0 || s.failed() > 0 || m.strict && s.malformed > 0 {
		m.status = failure
	}
	m.reports.ended(&s)
	if end.folder != nil {
		end.folder.Close()
	}
}
