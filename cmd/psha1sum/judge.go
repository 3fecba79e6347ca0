package main

import (
	"errors"
	"io/fs"

	"github.com/psha1sum/psha1sum/hasher"
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
	// finish tells the reports that this was all, and returns the exit status.
	finish() exitStatus
}

// A judge is what modes have in common.
type judge struct {
	algorithm *hasher.Algorithm // of items that ask for none in particular
	reports   reports
	own       *ownFiles
	status    exitStatus
	totals    totals

	present finding // which reports have, so that none is made for each file
}

// tell passes a finding to the reports.
func (j *judge) tell(f finding) {
	j.present = f
	j.totals.add(&j.present)
	j.reports.found(&j.present)
}

// mark deals with a marker that may stand among the results of any mode.
func (j *judge) mark(data any) {
	switch data := data.(type) {
	case afterwards:
		data()
	case *remark:
		if data.failed {
			j.status = failure
		}
		j.reports.remarked(data)
	}
}

// Flush implements pipeline.Sink.
func (j *judge) Flush() error {
	j.reports.ready()
	return nil
}

func (j *judge) halted() <-chan struct{} { return nil }

func (j *judge) finish() exitStatus {
	j.totals.status = j.status
	j.reports.finished(&j.totals)
	return j.totals.status
}

// leftOut deals with a file that is one of our own. What is to be replaced and holds
// anything but earlier output is an input that must not be destroyed.
func (j *judge) leftOut(r *pipeline.Result) {
	t := j.own.targetOf(excludedID(r))
	if t == nil || t.HoldsOutput() {
		j.mark(&remark{about: r.Name, text: "output file skipped"})
		return
	}
	t.Leave()
	j.status = failure
	j.tell(finding{verdict: unreadable, name: r.Name, err: errIsOutput})
}

// notRead tells what to call it that a file could not be read.
func notRead(r *pipeline.Result) verdict {
	if !r.Opened && errors.Is(r.Err, fs.ErrNotExist) {
		return missing
	}
	return unreadable
}
