package main

import (
	"errors"
	"io/fs"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/outputs"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/pipeline"
)

// A mode turns the pipeline's results into findings.
type mode interface {
	pipeline.Sink
	// halted is closed when the mode wants no more results, and none will be told
	// to its reports but those of finish. nil: it wants all there are.
	halted() <-chan struct{}
	// mark deals with a marker's data, also when there are no more results.
	mark(data any)
	// finish tells the reports that this was all, and returns whether something could
	// not be done, read, or did not match.
	finish() (failed bool)
}

// A judge is what modes have in common.
type judge struct {
	algorithm *hasher.Algorithm // of items that ask for none in particular
	reports   report.Reports
	own       *outputs.Files
	failed    bool
	totals    report.Totals

	present report.Finding // which reports have, so that none is made for each file
}

// tell passes a finding to the reports.
func (j *judge) tell(f report.Finding) {
	j.present = f
	j.totals.Add(&j.present)
	j.reports.Found(&j.present)
}

// mark deals with a marker that may stand among the results of any mode.
func (j *judge) mark(data any) {
	switch data := data.(type) {
	case afterwards:
		data()
	case *report.Remark:
		if data.Failed {
			j.failed = true
		}
		j.reports.Remarked(data)
	}
}

// Flush implements pipeline.Sink.
func (j *judge) Flush() error {
	j.reports.Ready()
	return nil
}

func (j *judge) halted() <-chan struct{} { return nil }

func (j *judge) finish() (failed bool) {
	j.totals.Failed = j.failed
	j.reports.Finished(&j.totals)
	return j.totals.Failed
}

// leftOut deals with a file that is one of our own. What is to be replaced and holds
// anything but earlier output is an input that must not be destroyed.
func (j *judge) leftOut(r *pipeline.Result) {
	t := j.own.Target(outputs.Excluded(r))
	if t == nil || t.HoldsOutput() {
		j.mark(&report.Remark{About: r.Name, Text: "output file skipped"})
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
