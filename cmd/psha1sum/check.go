package main

import (
	"errors"

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

	tally   tally // of the manifest whose lines are being judged
	stopped bool  // at a failure
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
	case *malformed:
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
	case *malformed:
		m.endOfManifest(&endOfManifest{manifest: line.manifest, stopped: true})
	}
}

// fails reports whether a manifest with these lines is not verified, whatever
// others it has.
func (m *checker) fails(t *tally) bool {
	return t.mismatched > 0 || t.failed() > 0 || m.strict && t.malformed > 0
}

// extra judges a file that no manifest lists.
func (m *checker) extra(r *pipeline.Result) {
	m.status = failure
	f := finding{verdict: added, name: r.Name, err: r.Err}
	if file, by := m.audit.find(r); file != nil {
		f.verdict, f.from = moved, file.name
		f.algorithm, f.digest = r.Algorithms[by], r.Digests[by]
	}
	m.tell(f)
}

// line judges one of the lines that list a file. again says that it isn't the first.
func (m *checker) line(r *pipeline.Result, data *listed, e *entry, again bool) {
	f := finding{name: r.Name, algorithm: e.usual(), again: again, manifest: data.manifest, line: &e.Line}
	if r.Reader == nil {
		f.at = place{r.In, r.Name[r.Below:]}
	}
	switch {
	case r.Err == pipeline.ErrExcluded && m.own.refuse(excludedID(r)):
		f.verdict, f.err = unreadable, errIsOutput
	case r.Err != nil:
		f.verdict, f.err = notRead(r), r.Err
		f.forgiven = f.verdict == missing && m.ignoreMissing
	default:
		f.verdict, f.algorithm = e.judge(r)
		f.digest = digestBy(r, f.algorithm)
		if f.verdict == verified {
			data.proven.by(f.algorithm)
		}
	}
	m.tally.add(&f)
	m.required.see(&f)
	if m.audit != nil {
		m.audit.line(&f, e.of, data.folder)
	}
	m.tell(f)
}

// endOfManifest decides whether a manifest was verified.
func (m *checker) endOfManifest(end *endOfManifest) {
	s := summary{
		manifest: end.manifest, given: end.given, stopped: end.stopped,
		trouble: end.trouble, lines: end.lines, tally: m.tally,
	}
	m.tally = tally{}
	if !end.given {
		m.totals.manifests++
	}
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

func (m *checker) halted() <-chan struct{} { return m.halt }

func (m *checker) finish() exitStatus {
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
	return m.audit != nil && !m.stopped && !m.silent && (!m.quiet || m.status != success)
}
