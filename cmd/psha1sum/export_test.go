package main

import (
	"os"
	"time"

	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/internal/threads"
)

// Haste is how many seconds of RunHastily's clock are in one.
const Haste = 20

// RunHastily is the program, whose progress goes by a clock that is fast.
func RunHastily(args []string) (status int) {
	began := inherited()
	began.Restore()
	p := newProgram(args[0], began)
	p.startClock = func(sleep func(time.Duration)) clock {
		c := startClock(sleep)
		return clock{
			now:   func() time.Duration { return Haste * c.now() },
			sleep: func(d time.Duration) { c.sleep(d / Haste) },
		}
	}
	return int(p.run(args[1:]))
}

// A Line shows how far a run is that a test makes up. Signals do nothing to it.
type Line struct {
	l    *progress
	told reports
}

// NewLine begins a run that is shown in a file, which is a terminal or a log. Its
// results go to another, or to the same.
func NewLine(file, results *os.File, log bool) *Line {
	budget := &threads.Budget{}
	out := &output{file: results}
	l := &progress{
		diag: &diagnostics{name: "psha1sum", file: file, out: out}, in: &process.Stdin{}, log: log, always: true,
		scout: &scout{sleep: time.Sleep, alone: alone{budget}}, threads: budget, guarded: true,
	}
	if results == file {
		out.line = l
	} else {
		out.beyond = l
	}
	l.start(startClock)
	return &Line{l, l.among(nil)}
}

// Fail has a file fail, about which nothing is said.
func (l *Line) Fail() { l.told.found(&finding{verdict: mismatched}) }

// Print prints results.
func (l *Line) Print(text string) {
	l.l.diag.out.add(text)
	l.l.diag.out.flush()
}

// Say prints a message.
func (l *Line) Say(text string) { l.l.diag.say(text) }

// Stop ends the line.
func (l *Line) Stop() { l.l.stop() }

// End ends the run, whose line was, or is, ended.
func (l *Line) End() {
	l.Stop()
	l.l.conclude()
}
