package console

import (
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/internal/threads"
)

// A Progress shows how far the run is, and how long it may take: in the last line
// of a terminal, drawn again and again, or in lines of a log if one was asked for.
// These are its rules:
//
//   - Nothing is drawn in the first second, and nothing of it is left at the end.
//     A long run says then what it was, in one line; in a log every run does.
//   - It is on the terminal only while the job is in the foreground, nobody types
//     what is being read, and no pager has the screen.
//   - Whoever writes to the same terminal has the line erased before.
//   - The run doesn't wait for it.
//   - What a file is called does nothing to the terminal.
//
// A nil *progress shows nothing.
type Progress struct {
	ProgressOptions
	log   bool // lines of a log
	clock Clock
	took  time.Duration

	ended    atomic.Bool
	vanishes sync.Once
	gone     atomic.Bool

	mu      sync.Mutex
	shown   string        // what is on the terminal
	columns int           // of the terminal then
	at      time.Duration // when that was
	drawn   bool          // something was
	open    bool          // the line in which the terminal is has no end yet
	passing bool          // results are just being printed by another
	pace    pace
	guarded bool
	guard   *process.Guard
	suspend *process.Suspender

	passed time.Duration // when results went into a pipe; the run's own
}

// ProgressOptions are what a progress has to know of the run.
type ProgressOptions struct {
	Messages *Messages
	Output   *Output
	Stdin    *process.Stdin
	Always   bool // even if the terminal has no jobs
	// Done is how much the run has read so far, and the file that it reads, if it reads
	// one alone; failed is how many files failed.
	Done     func() (bytes, files int64, name string)
	Failed   func() int64
	Estimate Estimate
	// StartClock returns the clock, which sleeps by sleep if that is the system's.
	StartClock func(sleep func(time.Duration)) Clock
	Sleep      func(time.Duration) // by no clock: it lets others work
	Others     []*process.Guard    // that end the process by signals anyway
	// Unguarded says that signals leave the line.
	Unguarded bool
	// Threads are asked for those that catch signals: without them there is no line.
	Threads *threads.Budget
}

// An Estimate looks ahead of a run.
type Estimate interface {
	Start()
	// Stop ends it, and doesn't wait for that.
	Stop()
	// Found returns how much there is at least, and whether that is all.
	Found() (bytes, files int64, all bool)
	// KnowsInput reports whether the size of standard input is among it.
	KnowsInput() bool
}

// A Clock is all that progress knows of time. That of tests goes faster.
type Clock struct {
	Now   func() time.Duration // since the run began
	Sleep func(time.Duration)
}

// StartClock returns the clock that everybody has.
func StartClock(sleep func(time.Duration)) Clock {
	began := time.Now()
	return Clock{Now: func() time.Duration { return time.Since(began) }, Sleep: sleep}
}

const (
	progressFrom  = time.Second            // the first line
	progressEvery = 100 * time.Millisecond // the next
	progressAgain = time.Second            // the same once more: somebody may have written over it
	progressRare  = 250 * time.Millisecond // results that come no more often make room in a pipe: see makeRoom
	progressLog   = 10 * time.Second       // the first of a log, and the next
	// concludeFrom is how long a run takes that says at the end what it was.
	concludeFrom = 10 * time.Second
)

// A ProgressMode is where progress is shown.
type ProgressMode int

const (
	NoProgress ProgressMode = iota
	ProgressOnTerminal
	ProgressInLog
)

// ProgressMode tells where progress is to be shown: on the terminal, if it is one that can
// show it, or always.
func (d *Messages) ProgressMode(wanted, always bool) ProgressMode {
	if d.closed || !always && !wanted {
		return NoProgress
	}
	switch term := os.Getenv("TERM"); {
	case term != "" && term != "dumb" && isTerminal(d.file):
		return ProgressOnTerminal
	case always:
		return ProgressInLog
	}
	return NoProgress
}

// StartProgress shows progress from now on. It is nil if that is nowhere.
func StartProgress(where ProgressMode, o ProgressOptions) *Progress {
	if where == NoProgress {
		return nil
	}
	l := &Progress{ProgressOptions: o, log: where == ProgressInLog, guarded: o.Unguarded}
	out := l.Output
	switch {
	case out.file == l.Messages.file || isTerminal(out.file): // the same one, by whatever name
		out.progress = l
	case where == ProgressOnTerminal && MayBeRead(out.file, out.closed):
		out.piped = l
	}
	l.clock = o.StartClock(l.Sleep)
	l.pace.add(0, 0)
	l.Messages.progress = l
	go l.draw()
	return l
}

// draw draws the line until stop.
func (l *Progress) draw() {
	first, every := progressFrom, progressEvery
	if l.log {
		first, every = progressLog, progressLog
	}
	l.clock.Sleep(min(first, progressFrom))
	if !l.begin() {
		return
	}
	l.clock.Sleep(first - min(first, progressFrom))
	for l.update() {
		l.clock.Sleep(every)
	}
}

// begin has the estimate look for what is to come. It is nothing for short runs.
func (l *Progress) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended.Load() || !l.log && !l.Threads.Spare(threads.Signals) {
		return false
	}
	l.Estimate.Start()
	return true
}

// update draws the line as it is now. It returns false when there is to be none.
func (l *Progress) update() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended.Load() {
		return false
	}
	v := l.view()
	switch {
	case l.log && l.open:
	case l.log:
		l.write(l.Messages.name + ": " + v.line(logColumns) + "\n")
	case !l.foreground():
		l.shown = "" // what is on the terminal is of others
	case l.typed():
		l.erase()
	case l.passing:
		l.passing = false
	case !l.open && isWritable(l.Messages.file): // or somebody has stopped it to read
		l.show(&v)
	}
	return true
}

// logColumns is how long a line of a log may be.
const logColumns = 200

func (l *Progress) view() view {
	bytes, files, name := l.Done()
	now := l.clock.Now()
	l.pace.add(now, bytes)
	v := view{done: bytes, files: files, failed: l.Failed(), took: now, rate: l.pace.rate()}
	if name != "" && (name != "-" || !l.Estimate.KnowsInput()) {
		v.name = l.Messages.QuotedVisibly(name)
	}
	v.total, v.allFiles, v.complete = l.Estimate.Found()
	return v
}

// foreground reports whether the terminal is ours to draw on.
func (l *Progress) foreground() bool {
	ours, ok := inForeground(l.Messages.file)
	return (ours || !ok && l.Always) && takesLines(l.Messages.file)
}

// typed reports whether standard input is typed on a terminal, where the line
// would be in the way.
func (l *Progress) typed() bool { return l.Stdin.IsUsed() && isTerminal(os.Stdin) }

// show puts what there is to see in place of the line. l.mu is held.
func (l *Progress) show(v *view) {
	columns := columnsOf(l.Messages.file)
	text := v.line(columns)
	if text == l.shown && (text == "" || l.clock.Now()-l.at < progressAgain) {
		return
	}
	l.watchSignals()
	// What is there is overwritten first, and then the rest of it erased: it
	// would flicker otherwise.
	l.write("\r" + text + l.eraseRest(columns) + "\r")
	l.shown, l.columns, l.at, l.drawn = text, columns, l.clock.Now(), true
}

// eraseRest has a terminal of so many columns erase what is behind the cursor: EL of
// ECMA-48. Many break a line in two that doesn't fit any more, when they are made
// narrower. The cursor stays where it is in it, at its beginning, so the other rows
// are below: ED.
func (l *Progress) eraseRest(columns int) string {
	if columns < l.columns {
		return "\x1b[J"
	}
	return "\x1b[K"
}

// erase takes the line away. l.mu is held.
func (l *Progress) erase() {
	if l.shown != "" && l.foreground() {
		l.write("\r" + l.eraseRest(columnsOf(l.Messages.file)))
	}
	l.shown = ""
}

// write writes to the terminal or the log. If that fails nobody is to be told.
func (l *Progress) write(text string) { _ = process.WriteAll(l.Messages.file, []byte(text)) }

// hold erases the line, and keeps it from being drawn until release.
func (l *Progress) hold() {
	if l != nil {
		l.mu.Lock()
		l.erase()
	}
}

// release lets the line be drawn again, behind what was written. If that has no
// end, as with --zero, it would be overwritten, so that must come first.
func (l *Progress) release(written []byte) {
	if l != nil {
		l.open = len(written) > 0 && written[len(written)-1] != '\n'
		l.mu.Unlock()
	}
}

// makeRoom makes room for results that go into a pipe. Who reads it may print them on
// the same terminal, as tee does, so the line is away for a moment. Where results
// come all the time it would never be seen, and stays.
func (l *Progress) makeRoom() {
	if l == nil {
		return
	}
	now := l.clock.Now()
	rare := now-l.passed >= progressRare
	l.passed = now
	if rare && l.lockSoon() {
		defer l.mu.Unlock()
		l.clear()
		l.passing = true
	}
}

// watchSignals has signals that come from a terminal, or from who ends a session,
// erase the line before they end the process, or stop it. l.mu is held.
func (l *Progress) watchSignals() {
	if l.guarded {
		return
	}
	l.guarded = true
	l.suspend = process.NewSuspender(func(stop func()) {
		if l.lockSoon() {
			defer l.mu.Unlock()
			l.clear()
		}
		stop()
	})
	if len(l.Others) > 0 {
		for _, g := range l.Others {
			g.Also(l.Vanish)
		}
		return
	}
	l.guard = process.NewGuard(process.EndingSignals)
	l.guard.Watch(l.Vanish)
}

// Vanish erases the line before the process ends, and nothing is drawn any more.
func (l *Progress) Vanish() {
	l.vanishes.Do(func() {
		if l.lockSoon() {
			l.clear()
			l.gone.Store(true) // and l.mu stays locked
		}
	})
}

// clear is erase, unless somebody has stopped the terminal. l.mu is held.
func (l *Progress) clear() {
	if l.shown != "" && isWritable(l.Messages.file) {
		l.erase()
	}
	l.shown = ""
}

// lockSoon is l.mu.Lock, but doesn't wait for who writes to a terminal that somebody
// has stopped, which may take for ever, or writes all the time.
func (l *Progress) lockSoon() bool {
	const least, most = 20, 1000 // milliseconds, while it could take something
	for i := 0; i < least || i < most && !l.gone.Load() && isWritable(l.Messages.file); i++ {
		if l.mu.TryLock() {
			return true
		}
		l.Sleep(time.Millisecond)
	}
	return false
}

// Stop ends it.
func (l *Progress) Stop() {
	if l == nil {
		return
	}
	l.took = l.clock.Now()
	l.ended.Store(true)
	l.Estimate.Stop()
	if !l.lockSoon() {
		return // and the process ends as it is
	}
	l.clear()
	l.mu.Unlock()
	l.suspend.Release()
	if l.guard != nil {
		l.guard.Release()
	}
}

// Conclude says what the run was: in a log always, on a terminal if it was long and
// somebody has seen it. It comes last.
func (l *Progress) Conclude() {
	switch {
	case l == nil:
	case l.log:
		l.Messages.out.Flush() // it comes first
		l.mu.Lock()
		l.writeConclusion()
		l.mu.Unlock()
	case l.took >= concludeFrom:
		if l.Messages.out.progress != nil {
			l.Messages.out.Flush()
		}
		if l.lockSoon() {
			if l.drawn && l.foreground() && isWritable(l.Messages.file) {
				l.writeConclusion()
			}
			l.mu.Unlock()
		}
	}
}

// writeConclusion ends what has no end yet before. l.mu is held.
func (l *Progress) writeConclusion() {
	bytes, _, _ := l.Done()
	text := l.Messages.name + ": " + conclusion(bytes, l.took, l.Failed()) + "\n"
	if l.open {
		text = "\n" + text
	}
	l.write(text)
}

// MayBeRead reports whether a stream is such as a runner reads.
func MayBeRead(stream *os.File, closed bool) bool {
	if closed {
		return false
	}
	info, err := stream.Stat()
	return err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0
}
