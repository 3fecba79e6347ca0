package main

import (
	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/manifest"
)

// A mode turns what the pipeline delivers into findings and decides on the exit
// status (judge.go, hash.go, check.go). What is said of them, where and to whom, is
// the business of reports, which know nothing of each other.

// A report is told what became of things, in order, by one goroutine. Types that
// care for some of it embed silence for the rest.
type report interface {
	// found tells what became of a file, or with --check of a line that lists it.
	found(f *finding)
	// malformed tells of a line that is no entry.
	malformed(m *malformed)
	// ended tells what became of a manifest, behind its last line.
	ended(s *summary)
	// remarked tells what has to do with no file in particular.
	remarked(r *remark)
	// ready is called when nothing more is to be told for the moment: whoever
	// keeps something back lets it go.
	ready()
	// finished is called once, at the end.
	finished(t *totals)
}

// A verdict is what became of a file, or of a line that lists it.
type verdict uint8

const (
	computed   verdict = iota // without --check: here is the digest
	verified                  // the digest is the listed one
	mismatched                // it isn't
	missing                   // there is no such file
	unreadable                // there is, but it could not be opened or read

	// With --audit, of files that no manifest lists.
	added
	moved // it is what a missing file should be
)

// A finding is a verdict and what belongs to it. It and what it points to are the
// report's only during the call.
//
// A file of which several digests were asked for has as many findings, one behind
// the other.
type finding struct {
	verdict   verdict
	name      string
	algorithm *hasher.Algorithm // nil without a line, if the file was not read
	digest    []byte            // nil if the file was not read
	err       error             // why it was not
	forgiven  bool              // missing, which is as it may be
	again     bool              // the finding before was of the same file
	from      string            // with moved, what the manifest calls it

	// With --check.
	manifest string         // as messages name it; "" with --expect
	line     *manifest.Line // nil without
	at       place          // where the file is
}

// A tally counts findings by their verdict, and malformed lines.
type tally struct {
	computed, verified, mismatched, missing, unreadable, added, moved uint64

	forgiven  uint64 // of those that are missing
	malformed uint64 // lines
}

// add counts a finding.
func (t *tally) add(f *finding) {
	switch f.verdict {
	case computed:
		t.computed++
	case verified:
		t.verified++
	case mismatched:
		t.mismatched++
	case unreadable:
		t.unreadable++
	case missing:
		t.missing++
	case added:
		t.added++
	case moved:
		t.moved++
	}
	if f.forgiven {
		t.forgiven++
	}
}

// failed is the number of lines whose file could not be read, and should have
// been.
func (t *tally) failed() uint64 { return t.missing + t.unreadable - t.forgiven }

// wellFormed is the number of lines that are entries.
func (t *tally) wellFormed() uint64 { return t.verified + t.mismatched + t.missing + t.unreadable }

// A summary is what became of a manifest.
type summary struct {
	manifest string // as messages name it; "" if the line was given
	given    bool   // its one line is of the command line
	stopped  bool   // the run ends before its lines do
	trouble  string // why its lines came to an end, if not by themselves
	passed   bool   // the exit status needn't be 1 because of it
	lines    uint64 // comments and empty ones included
	tally
}

// complaint is what is wrong with the manifest as a whole, or "". What is wrong with
// its lines is told of each.
func (s *summary) complaint() string {
	switch {
	case s.trouble != "":
		return s.trouble
	case s.stopped:
		return "" // nobody knows what would have come
	case s.wellFormed() == 0:
		return gnu.NoLines
	case s.wellFormed() == s.forgiven:
		return gnu.NoneVerified
	}
	return ""
}

// totals are what became of everything.
type totals struct {
	tally
	manifests uint64
	status    exitStatus
}

// A remark is something to be said in its place among the results.
type remark struct {
	about  string // a file's name, or "" if text says it all
	text   string
	failed bool // what was asked for could not be done
}

// silence is a report that says nothing.
type silence struct{}

func (silence) found(*finding)       {}
func (silence) malformed(*malformed) {}
func (silence) ended(*summary)       {}
func (silence) remarked(*remark)     {}
func (silence) ready()               {}
func (silence) finished(*totals)     {}

// reports passes on to each of several, in their order.
type reports []report

func (all reports) found(f *finding) {
	for _, r := range all {
		r.found(f)
	}
}

func (all reports) malformed(m *malformed) {
	for _, r := range all {
		r.malformed(m)
	}
}

func (all reports) ended(s *summary) {
	for _, r := range all {
		r.ended(s)
	}
}

func (all reports) remarked(m *remark) {
	for _, r := range all {
		r.remarked(m)
	}
}

func (all reports) ready() {
	for _, r := range all {
		r.ready()
	}
}

// giveUp tells that the run can't begin, and why.
func (all reports) giveUp(why string) exitStatus {
	all.remarked(&remark{text: why, failed: true})
	t := totals{status: failure}
	all.finished(&t)
	return t.status
}

func (all reports) finished(t *totals) {
	for _, r := range all {
		r.finished(t)
	}
}
