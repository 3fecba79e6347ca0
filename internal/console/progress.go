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

// A Progress shows how far the run is and how long it may take: in the last line of a
// terminal, which is redrawn, or in lines of a log if requested. These are its rules:
//
//   - Nothing is drawn in the first second, and the line is erased at the end. A long run
//     then prints one line with its totals; in a log every run does.
//   - The line is shown on the terminal only while the job is in the foreground, standard
//     input is not read from a terminal, and no pager uses the screen.
//   - The line is erased before the program writes to the same terminal.
//   - The run doesn't wait for it.
//   - File names are shown without control characters.
//
// A nil *Progress shows nothing.
type Progress struct {
	ProgressOptions
	log   bool // write lines to a log
	clock Clock
	took  time.Duration

	ended    atomic.Bool
	vanishes sync.Once
	gone     atomic.Bool

	mu      sync.Mutex
	shown   string        // the text on the terminal
	columns int           // the terminal's width at that time
	at      time.Duration // when it was drawn
	drawn   bool          // a line has been drawn
	open    bool          // the terminal's current line has no newline yet
	passing bool          // the reader of the pipe may be printing results
	pace    pace
	guarded bool
	guard   *process.Guard
	suspend *process.Suspender

	passed time.Duration // when results were last written to a pipe; used only by the run
}

// ProgressOptions configure a Progress.
type ProgressOptions struct {
	Messages *Messages
	Output   *Output
	Stdin    *process.Stdin
	Always   bool // even if the terminal has no job control
	// Done returns how much has been read, and the name of the file being read if there
	// is only one. Failed returns the number of failed files.
	Done     func() (bytes, files int64, name string)
	Failed   func() int64
	Estimate Estimate
	// StartClock returns the clock to use. The system's clock sleeps by calling sleep.
	StartClock func(sleep func(time.Duration)) Clock
	Sleep      func(time.Duration) // real time, whatever the clock; lets other goroutines run
	Others     []*process.Guard    // guards that end the process by signals, if there are any
	// Unguarded leaves the line on the terminal when a signal ends the process.
	Unguarded bool
	// Threads must have room for the goroutines that catch signals; otherwise no line is
	// shown.
	Threads *threads.Budget
}

// An Estimate determines the total amount of work while the run is under way.
type Estimate interface {
	Start()
	// Stop asks it to end and doesn't wait.
	Stop()
	// Found returns a lower bound of the totals; all means that they are exact.
	Found() (bytes, files int64, all bool)
	// KnowsInput reports whether the totals include standard input.
	KnowsInput() bool
}

// A Clock is the source of time for a Progress. Tests replace it with a faster one.
type Clock struct {
	Now   func() time.Duration // time since the start of the run
	Sleep func(time.Duration)
}

// StartClock returns the system's clock.
func StartClock(sleep func(time.Duration)) Clock {
	began := time.Now()
	return Clock{Now: func() time.Duration { return time.Since(began) }, Sleep: sleep}
}

const (
	progressFrom  = time.Second            // before the first line
	progressEvery = 100 * time.Millisecond // between updates
	progressAgain = time.Second            // before an unchanged line is redrawn, in case other output has overwritten it
	progressRare  = 250 * time.Millisecond // results written to a pipe at longer intervals erase the line: see makeRoom
	progressLog   = 10 * time.Second       // between lines of a log
	// concludeFrom is the minimum duration of a run that prints its totals at the end.
	concludeFrom = 10 * time.Second
)

// A ProgressMode says where progress is shown.
type ProgressMode int

const (
	NoProgress ProgressMode = iota
	ProgressOnTerminal
	ProgressInLog
)

// ProgressMode returns where to show progress: on a terminal that supports it if wanted,
// and in a log otherwise if always is set.
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

// StartProgress starts showing progress. It returns nil for NoProgress.
func StartProgress(where ProgressMode, o ProgressOptions) *Progress {
	if where == NoProgress {
		return nil
	}
	l := &Progress{ProgressOptions: o, log: where == ProgressInLog, guarded: o.Unguarded}
	out := l.Output
	switch {
	case out.file == l.Messages.file || isTerminal(out.file): // the same terminal, possibly under another name
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

// draw updates the line until Stop.
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

// begin starts the estimate, which short runs don't need. It returns false if no line
// will be drawn.
func (l *Progress) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended.Load() || !l.log && !l.Threads.Spare(threads.Signals) {
		return false
	}
	l.Estimate.Start()
	return true
}

// update redraws the line. It returns false once the run has ended.
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
		l.shown = "" // other programs have written to the terminal
	case l.typed():
		l.erase()
	case l.passing:
		l.passing = false
	case !l.open && isWritable(l.Messages.file): // not while the terminal is stopped (^S)
		l.show(&v)
	}
	return true
}

// logColumns is the maximum length of a line of a log.
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

// foreground reports whether this process may draw on the terminal.
func (l *Progress) foreground() bool {
	ours, ok := inForeground(l.Messages.file)
	return (ours || !ok && l.Always) && takesLines(l.Messages.file)
}

// typed reports whether standard input is being typed on a terminal, where the line would
// interfere.
func (l *Progress) typed() bool { return l.Stdin.IsUsed() && isTerminal(os.Stdin) }

// show replaces the line by the current one. The caller holds l.mu.
func (l *Progress) show(v *view) {
	columns := columnsOf(l.Messages.file)
	text := v.line(columns)
	if text == l.shown && (text == "" || l.clock.Now()-l.at < progressAgain) {
		return
	}
	l.watchSignals()
	// Overwrite the old text first and then erase the rest, to avoid flicker.
	l.write("\r" + text + l.eraseRest(columns) + "\r")
	l.shown, l.columns, l.at, l.drawn = text, columns, l.clock.Now(), true
}

// eraseRest returns the sequence that erases the terminal from the cursor on. That is
// ECMA-48's EL, or ED if the terminal is now narrower: many terminals then wrap a line
// that no longer fits and keep the cursor at its beginning, so the other rows are below.
func (l *Progress) eraseRest(columns int) string {
	if columns < l.columns {
		return "\x1b[J"
	}
	return "\x1b[K"
}

// erase removes the line. The caller holds l.mu.
func (l *Progress) erase() {
	if l.shown != "" && l.foreground() {
		l.write("\r" + l.eraseRest(columnsOf(l.Messages.file)))
	}
	l.shown = ""
}

// write writes to the terminal or the log. Errors are ignored, since there is no one to
// report them to.
func (l *Progress) write(text string) { _ = process.WriteAll(l.Messages.file, []byte(text)) }

// hold erases the line and prevents redrawing until release.
func (l *Progress) hold() {
	if l != nil {
		l.mu.Lock()
		l.erase()
	}
}

// release allows redrawing after written. If that doesn't end with a newline, as with
// --zero, no line is drawn until one does, so as not to overwrite it.
func (l *Progress) release(written []byte) {
	if l != nil {
		l.open = len(written) > 0 && written[len(written)-1] != '\n'
		l.mu.Unlock()
	}
}

// makeRoom erases the line for a moment before results are written to a pipe, because its
// reader may print them on the same terminal, as tee does. If results are frequent the
// line would never be visible, so it stays.
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

// watchSignals arranges that signals from the terminal or the end of a session erase the
// line before they end or stop the process. The caller holds l.mu.
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

// Vanish erases the line because the process is about to end, and prevents redrawing.
func (l *Progress) Vanish() {
	l.vanishes.Do(func() {
		if l.lockSoon() {
			l.clear()
			l.gone.Store(true) // l.mu stays locked
		}
	})
}

// clear is erase, but doesn't write to a stopped terminal. The caller holds l.mu.
func (l *Progress) clear() {
	if l.shown != "" && isWritable(l.Messages.file) {
		l.erase()
	}
	l.shown = ""
}

// lockSoon locks l.mu and returns true, or gives up after a while: the goroutine that
// holds it may be blocked on a stopped terminal, or be writing constantly.
func (l *Progress) lockSoon() bool {
	const least, most = 20, 1000 // milliseconds; most applies while the terminal is writable
	for i := 0; i < least || i < most && !l.gone.Load() && isWritable(l.Messages.file); i++ {
		if l.mu.TryLock() {
			return true
		}
		l.Sleep(time.Millisecond)
	}
	return false
}

// Stop erases the line and stops showing progress.
func (l *Progress) Stop() {
	if l == nil {
		return
	}
	l.took = l.clock.Now()
	l.ended.Store(true)
	l.Estimate.Stop()
	if !l.lockSoon() {
		return // the process ends with the line on the terminal
	}
	l.clear()
	l.mu.Unlock()
	l.suspend.Release()
	if l.guard != nil {
		l.guard.Release()
	}
}

// Conclude prints the run's totals: always in a log, and on a terminal if the run was
// long and a line was drawn. Call it last.
func (l *Progress) Conclude() {
	switch {
	case l == nil:
	case l.log:
		l.Messages.out.Flush() // results come first
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

// writeConclusion first ends an unfinished line. The caller holds l.mu.
func (l *Progress) writeConclusion() {
	bytes, _, _ := l.Done()
	text := l.Messages.name + ": " + conclusion(bytes, l.took, l.Failed()) + "\n"
	if l.open {
		text = "\n" + text
	}
	l.write(text)
}

// MayBeRead reports whether another process may read the stream: it is a pipe or a
// socket.
func MayBeRead(stream *os.File, closed bool) bool {
	if closed {
		return false
	}
	info, err := stream.Stat()
	return err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0
}
