// Package verify judges what the pipeline delivers: it tells reports the digests of files,
// or whether files are what manifests list, and decides whether the run failed. It knows
// of which algorithms a line may be, what was asked for beyond single files, and what an
// audit found.
//
// It is told what manifests list by items of the pipeline: see Item. It knows neither
// where they come from nor how reports look, and prints nothing.
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
	// Halted is closed when the mode wants no more results, and none will be told
	// to its reports but those of finish. nil: it wants all there are.
	Halted() <-chan struct{}
	// Remark tells the reports of something, also when there are no more results.
	Remark(r *report.Remark)
	// Finish tells the reports that this was all, and returns whether something could
	// not be done, read, or did not match.
	Finish() (failed bool)
}

// Options are what every mode has to know of the run.
type Options struct {
	Algorithm *hasher.Algorithm // of items that ask for none in particular
	Reports   report.Reports
	Outputs   *outputs.Files
}

// A judge is what modes have in common.
type judge struct {
	nobody
	Options
	failed bool
	totals report.Totals

	present report.Finding // which reports have, so that none is made for each file
}

// tell passes a finding to the reports.
func (j *judge) tell(f report.Finding) {
	j.present = f
	j.totals.Add(&j.present)
	j.Reports.Found(&j.present)
}

// Markers of these two may stand among the results of any mode.
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

// excluded deals with a file that is one of our own. What is to be replaced and holds
// anything but earlier output is an input that must not be destroyed.
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

// notRead tells what to call it that a file could not be read.
func notRead(r *pipeline.Result) report.Verdict {
	if !r.Opened && errors.Is(r.Err, fs.ErrNotExist) {
		return report.Missing
	}
	return report.Unreadable
}
