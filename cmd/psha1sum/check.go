package main

import (
	"errors"

	"github.com/psha1sum/psha1sum/internal/outputs"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/pipeline"
)

// A checker is the mode with --check: it judges the items of a manifestSource.
type checker struct {
	judge
	strict, ignoreMissing bool
	quiet, silent         bool // --quiet, --status

	failFast bool
	required *requirements
	audit    *audit // nil: none

	tally   report.Tally // of the manifest whose lines are being judged
	stopped bool         // at a failure
	halt    chan struct{}
}

// errFailFast ends the run at the first failure.
var errFailFast = errors.New("fail fast")

// Result implements pipeline.Sink.
func (m *checker) Result(r *pipeline.Result) error {
	switch data := r.Data.(type) {
	case *listed:
		m.line(r, data, &data.line, false)
		for i := range data.more {
			m.line(r, data, &data.more[i], true)
		}
	case *report.Malformed:
		m.tally.Malformed++
		m.reports.Malformed(data)
	case *endOfManifest:
		m.endOfManifest(data)
	case extra:
		m.extra(r)
	default:
		m.mark(data)
	}
	if !m.failFast || !m.failed && !m.fails(&m.tally) {
		return nil
	}
	m.stop(r.Data)
	close(m.halt)
	return errFailFast
}

// stop ends the manifest that a line is of, if it is one.
func (m *checker) stop(line any) {
	m.stopped = true
	switch line := line.(type) {
	case *listed:
		m.endOfManifest(&endOfManifest{manifest: line.manifest, given: line.line.Number == 0, stopped: true})
	case *report.Malformed:
		m.endOfManifest(&endOfManifest{manifest: line.Manifest, stopped: true})
	}
}

// fails reports whether a manifest with these lines is not verified, whatever
// others it has.
func (m *checker) fails(t *report.Tally) bool {
	return t.Mismatched > 0 || t.NotRead() > 0 || m.strict && t.Malformed > 0
}

// extra judges a file that no manifest lists.
func (m *checker) extra(r *pipeline.Result) {
	m.failed = true
	f := report.Finding{Verdict: report.Added, Name: r.Name, Err: r.Err}
	if file, by := m.audit.find(r); file != nil {
		f.Verdict, f.From = report.Moved, file.name
		f.Algorithm, f.Digest = r.Algorithms[by], r.Digests[by]
	}
	m.tell(f)
}

// line judges one of the lines that list a file. again says that it isn't the first.
func (m *checker) line(r *pipeline.Result, data *listed, e *entry, again bool) {
	f := report.Finding{Name: r.Name, Algorithm: e.usual(), Again: again, Manifest: data.manifest, Line: &e.Line}
	if r.Reader == nil {
		f.At = report.Location{In: r.In, Path: r.Name[r.Below:]}
	}
	switch {
	case r.Err == pipeline.ErrExcluded && m.own.Refuse(outputs.Excluded(r)):
		f.Verdict, f.Err = report.Unreadable, outputs.ErrIsOutput
	case r.Err != nil:
		f.Verdict, f.Err = notRead(r), r.Err
		f.Forgiven = f.Verdict == report.Missing && m.ignoreMissing
	default:
		f.Verdict, f.Algorithm = e.judge(r)
		f.Digest = digestBy(r, f.Algorithm)
		if f.Verdict == report.Verified {
			data.proven.by(f.Algorithm)
		}
	}
	m.tally.Add(&f)
	m.required.see(&f)
	if m.audit != nil {
		m.audit.line(&f, e.of, data.folder)
	}
	m.tell(f)
}

// endOfManifest decides whether a manifest was verified.
func (m *checker) endOfManifest(end *endOfManifest) {
	s := report.Summary{
		Manifest: end.manifest, Given: end.given, Stopped: end.stopped,
		Trouble: end.trouble, Lines: end.lines, Tally: m.tally,
	}
	m.tally = report.Tally{}
	if !end.given {
		m.totals.Manifests++
	}
	m.totals.Malformed += s.Malformed
	s.Passed = s.Trouble == "" && s.Verified > 0 && !m.fails(&s.Tally)
	if !s.Passed {
		m.failed = true
	}
	m.reports.Ended(&s)
	if end.folder != nil {
		end.folder.Close()
	}
}

func (m *checker) halted() <-chan struct{} { return m.halt }

func (m *checker) finish() (failed bool) {
	for _, remark := range m.required.open(m.stopped) {
		m.mark(remark)
	}
	if m.concludes() {
		m.mark(m.audit.conclusion(&m.totals))
	}
	return m.judge.finish()
}

// concludes reports whether the result of an audit is to be said, beyond that of
// each file.
func (m *checker) concludes() bool {
	return m.audit != nil && !m.stopped && !m.silent && (!m.quiet || m.failed)
}
