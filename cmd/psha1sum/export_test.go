package main

import (
	"os"
	"time"

	"github.com/psha1sum/psha1sum/internal/console"
	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/internal/threads"
)

// Haste is how many seconds of RunHastily's clock are in one.
const Haste = 20

// RunHastily is the program, whose progress goes by a clock that is fast.
func RunHastily(args []string) (status int) {
	began := inherited()
	began.Restore()
	p := newProgram(args[0], began)
	p.startClock = func(sleep func(time.Duration)) console.Clock {
		c := console.StartClock(sleep)
		return console.Clock{
			Now:   func() time.Duration { return Haste * c.Now() },
			Sleep: func(d time.Duration) { c.Sleep(d / Haste) },
		}
	}
	return int(p.run(args[1:]))
}

// A Line shows how far a run is that a test makes up. Signals do nothing to it.
type Line struct {
	l        *console.Progress
	out      *console.Output
	diag     *console.Messages
	failures *report.FailureCount
}

// NewLine begins a run that is shown in a file, which is a terminal or a log. Its
// results go to another, or to the same.
func NewLine(file, results *os.File, log bool) *Line {
	out := console.NewOutput(results, false)
	l := &Line{out: out, diag: console.NewMessages("psha1sum", file, false, out), failures: new(report.FailureCount)}
	where := console.ProgressOnTerminal
	if log {
		where = console.ProgressInLog
	}
	l.l = console.StartProgress(where, console.ProgressOptions{
		Messages: l.diag, Output: out, Stdin: &process.Stdin{}, Always: true,
		Done:       func() (bytes, files int64, name string) { return 0, 0, "" },
		Failed:     l.failures.N.Load,
		Estimate:   noEstimate{},
		StartClock: console.StartClock, Sleep: time.Sleep,
		Unguarded: true, Threads: &threads.Budget{},
	})
	return l
}

// Fail has a file fail, about which nothing is said.
func (l *Line) Fail() { l.failures.Found(&report.Finding{Verdict: report.Mismatch}) }

// Print prints results.
func (l *Line) Print(text string) {
	l.out.Add(text)
	l.out.Flush()
}

// Say prints a message.
func (l *Line) Say(text string) { l.diag.Say(text) }

// Stop ends the line.
func (l *Line) Stop() { l.l.Stop() }

// End ends the run, whose line was, or is, ended.
func (l *Line) End() {
	l.Stop()
	l.l.Conclude()
}

// noEstimate knows nothing of what is to come.
type noEstimate struct{}

func (noEstimate) Start()                                {}
func (noEstimate) Stop()                                 {}
func (noEstimate) Found() (bytes, files int64, all bool) { return 0, 0, false }
func (noEstimate) KnowsInput() bool                      { return false }
