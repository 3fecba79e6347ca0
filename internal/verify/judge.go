// Package verify judges the results of the pipeline: it passes digests to reports, or
// compares files with what manifests list, and decides whether the run failed. It handles
// the possible algorithms of a line, required names, and audits.
//
// Sources tell it what manifests list through pipeline items: see Item. It doesn't know
// where the items come from or how reports look, and prints nothing.
package verify

import (
	"errors"
	"io/fs"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/outputs"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/pipeline"
)

// A Mode turns the pipeline's results into findings.
type Mode interface {
	pipeline.Sink
	// Halted returns a channel that is closed when the mode needs no more results; it
	// then reports only what Finish adds. The channel is nil if the mode needs all
	// results.
	Halted() <-chan struct{}
	// Remark reports a remark. It may be called after Halted is closed.
	Remark(r *report.Remark)
	// Finish finishes the reports and returns whether the run failed: something could not
	// be done or read, or did not match.
	Finish() (failed bool)
}

// Options are what every mode needs to know about the run.
type Options struct {
	Algorithm *hasher.Algorithm // of items that don't request any
	Reports   report.Reports
	Outputs   *outputs.Files
}

// A judge is the common part of the modes.
type judge struct {
	nopAudience
	Options
	failed bool
	totals report.Totals

	// told is the finding passed to reports; a field to avoid an allocation for each
	// file.
	told report.Finding
}

// tell passes a finding to the reports.
func (j *judge) tell(f report.Finding) {
	j.told = f
	j.totals.Add(&j.told)
	j.Reports.Found(&j.told)
}

// Any mode may receive callbacks and remarks.
func (j *judge) call(f Callback)         { f() }
func (j *judge) remark(r *report.Remark) { j.Remark(r) }

func (j *judge) Remark(r *report.Remark) {
	if r.Failed {
		j.failed = true
	}
	j.Reports.Remarked(r)
}

// Flush implements pipeline.Sink.
func (j *judge) Flush() error {
	j.Reports.Ready()
	return nil
}

func (j *judge) Halted() <-chan struct{} { return nil }

func (j *judge) Finish() (failed bool) {
	j.totals.Failed = j.failed
	j.Reports.Finished(&j.totals)
	return j.totals.Failed
}

// excluded handles a file that is one of our own outputs. If it would be replaced but
// holds anything other than earlier output, it is an input that must not be destroyed.
func (j *judge) excluded(r *pipeline.Result) {
	t := j.Outputs.Target(outputs.Excluded(r))
	if t == nil || t.HoldsOutput() {
		j.Remark(&report.Remark{About: r.Name, Text: "output file skipped"})
		return
	}
	t.Leave()
	j.failed = true
	j.tell(report.Finding{Verdict: report.Unreadable, Name: r.Name, Err: outputs.ErrIsOutput})
}

// notRead returns the verdict for a file that could not be read.
func notRead(r *pipeline.Result) report.Verdict {
	if !r.Opened && errors.Is(r.Err, fs.ErrNotExist) {
		return report.Missing
	}
	return report.Unreadable
}
