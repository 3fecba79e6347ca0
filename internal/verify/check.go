package verify

import (
	"errors"

	"github.com/psha1sum/psha1sum/internal/outputs"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/pipeline"
)

// A checkMode is the mode with --check: it judges what manifests list.
type checkMode struct {
	judge
	CheckOptions
	required *requirements

	tally   report.Tally // of the current manifest
	stopped bool         // by a failure
	halt    chan struct{}
}

// CheckOptions define what is a failure and when the run ends.
type CheckOptions struct {
	Strict, IgnoreMissing bool
	Quiet, Status         bool // --quiet, --status
	FailFast              bool
	Require               []string // names that must be listed and verified
	Audit                 *Audit   // nil: none
}

// NewCheckMode returns the mode with --check.
func NewCheckMode(o Options, c CheckOptions) Mode {
	m := &checkMode{judge: judge{Options: o}, CheckOptions: c, required: newRequirements(c.Require)}
	if c.FailFast {
		m.halt = make(chan struct{})
	}
	return m
}

// ErrFailFast ends the run at the first failure.
var ErrFailFast = errors.New("fail fast")

// Result implements pipeline.Sink.
func (m *checkMode) Result(r *pipeline.Result) error {
	data := r.Data.(Item)
	data.tell(r, m)
	if !m.FailFast || !m.failed && !m.fails(&m.tally) {
		return nil
	}
	m.stopped = true
	if end := data.cut(); end != nil {
		m.endOfManifest(end)
	}
	close(m.halt)
	return ErrFailFast
}

// listed judges the lines that list a file.
func (m *checkMode) listed(r *pipeline.Result, data *Listed) {
	m.line(r, data, &data.line, false)
	for i := range data.more {
		m.line(r, data, &data.more[i], true)
	}
}

func (m *checkMode) malformed(line *report.Malformed) {
	m.tally.Malformed++
	m.Reports.Malformed(line)
}

// fails reports whether these results alone make a manifest fail.
func (m *checkMode) fails(t *report.Tally) bool {
	return t.Of[report.Mismatch] > 0 || t.NotRead() > 0 || m.Strict && t.Malformed > 0
}

// unlisted judges a file that no manifest lists.
func (m *checkMode) unlisted(r *pipeline.Result) {
	m.failed = true
	f := report.Finding{Verdict: report.New, Name: r.Name, Err: r.Err}
	if file, by := m.Audit.find(r); file != nil {
		f.Verdict, f.From = report.Moved, file.name
		f.Algorithm, f.Digest = r.Algorithms[by], r.Digests[by]
	}
	m.tell(f)
}

// line judges one of the lines that list a file. again means that it isn't the first.
func (m *checkMode) line(r *pipeline.Result, data *Listed, e *entry, again bool) {
	f := report.Finding{Name: r.Name, Algorithm: e.usual(), Again: again, Manifest: data.manifest, Line: &e.Line}
	if r.Reader == nil {
		f.At = report.Location{In: r.In, Path: r.Name[r.Below:]}
	}
	switch {
	case r.Err == pipeline.ErrExcluded && m.Outputs.Refuse(outputs.Excluded(r)):
		f.Verdict, f.Err = report.Unreadable, outputs.ErrIsOutput
	case r.Err != nil:
		f.Verdict, f.Err = notRead(r), r.Err
		f.Ignored = f.Verdict == report.Missing && m.IgnoreMissing
	default:
		f.Verdict, f.Algorithm = e.judge(r)
		f.Digest = digestBy(r, f.Algorithm)
		if f.Verdict == report.Verified {
			data.proven.by(f.Algorithm)
		}
	}
	m.tally.Add(&f)
	m.required.see(&f)
	if m.Audit != nil {
		m.Audit.line(&f, e.of, data.Dir)
	}
	m.tell(f)
}

// endOfManifest decides whether a manifest was verified.
func (m *checkMode) endOfManifest(end *EndOfManifest) {
	s := report.Summary{
		Manifest: end.Manifest, FromExpect: end.FromExpect, Stopped: end.stopped,
		ReadError: end.ReadError, Lines: end.Lines, Tally: m.tally,
	}
	m.tally = report.Tally{}
	if !end.FromExpect {
		m.totals.Manifests++
	}
	m.totals.Malformed += s.Malformed
	s.Passed = s.ReadError == "" && s.Of[report.Verified] > 0 && !m.fails(&s.Tally)
	if !s.Passed {
		m.failed = true
	}
	m.Reports.Ended(&s)
	if end.Dir != nil {
		end.Dir.Close()
	}
}

func (m *checkMode) Halted() <-chan struct{} { return m.halt }

func (m *checkMode) Finish() (failed bool) {
	for _, remark := range m.required.open(m.stopped) {
		m.Remark(remark)
	}
	if m.concludes() {
		m.Remark(m.Audit.conclusion(&m.totals))
	}
	return m.judge.Finish()
}

// concludes reports whether to print the summary of an audit.
func (m *checkMode) concludes() bool {
	return m.Audit != nil && !m.stopped && !m.Status && (!m.Quiet || m.failed)
}
