package main

import (
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/internal/threads"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// A progress shows how far the run is, and how long it may take: in the last line
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
type progress struct {
	diag   *diagnostics
	in     *process.Stdin
	log    bool // lines of a log
	always bool // even if the terminal has no jobs
	run    pipeline.Progress
	failed failureCount
	scout  *scout
	clock  clock
	sleep  func(time.Duration) // by no clock: it lets others work
	took   time.Duration
	others []*process.Guard // that end the process by signals anyway
	// threads are asked for those that catch signals: without them there is no line.
	threads *threads.Budget

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

// A clock is all that progress knows of time. That of tests goes faster.
type clock struct {
	now   func() time.Duration // since the run began
	sleep func(time.Duration)
}

// startClock returns the clock that everybody has.
func startClock(sleep func(time.Duration)) clock {
	began := time.Now()
	return clock{now: func() time.Duration { return time.Since(began) }, sleep: sleep}
}

// A failureCount is a report that counts failures: files that can't be read, and
// those that are not as they are listed.
type failureCount struct {
	silence
	n atomic.Int64
}

func (c *failureCount) found(f *finding) {
	switch f.verdict {
	case mismatched, missing, unreadable:
		if !f.forgiven {
			c.n.Add(1)
		}
	}
}

const (
	progressFrom  = time.Second            // the first line
	progressEvery = 100 * time.Millisecond // the next
	progressAgain = time.Second            // the same once more: somebody may have written over it
	progressRare  = 250 * time.Millisecond // results that come no more often make room in a pipe: see pass
	progressLog   = 10 * time.Second       // the first of a log, and the next
	// concludeFrom is how long a run takes that says at the end what it was.
	concludeFrom = 10 * time.Second
)

// The arguments of --progress.
const (
	progressAuto   = "auto"
	progressAlways = "always"
	progressNever  = "never"
)

// A watching is where progress is shown.
type watching int

const (
	unwatched watching = iota
	onTerminal
	inLog
)

// watched tells where progress is to be shown. In the place of another program,
// which shows none, it has to be asked for.
func (p *program) watched(s settings) watching {
	auto := s.progress == progressAuto || s.progress == "" && isOwnName(p.name, ourPaths())
	if p.diag.closed || s.progress != progressAlways && (!auto || s.status) {
		return unwatched
	}
	switch term := os.Getenv("TERM"); {
	case term != "" && term != "dumb" && isTerminal(p.diag.file):
		return onTerminal
	case s.progress == progressAlways:
		return inLog
	}
	return unwatched
}

// watch shows progress from now on, if the command line asks for it.
func (p *program) watch(s settings, base *reader.Folder) *progress {
	where := p.watched(s)
	if where == unwatched {
		return nil
	}
	l := &progress{
		diag: p.diag, in: p.in, log: where == inLog, always: s.progress == progressAlways,
		scout: p.newScout(s, base), others: p.guards, threads: &p.threads,
	}
	switch {
	case p.out.file == p.diag.file || isTerminal(p.out.file): // the same one, by whatever name
		p.out.line = l
	case where == onTerminal && mayBeRead(p.out.file, p.out.closed):
		p.out.beyond = l
	}
	l.start(p.startClock)
	return l
}

// start begins to draw, to the next look after stop.
func (l *progress) start(clock func(sleep func(time.Duration)) clock) {
	l.sleep = l.scout.sleep
	l.clock = clock(l.sleep)
	l.pace.add(0, 0)
	l.diag.line = l
	go l.draw()
}

// among returns the reports of a run with what is to be told to the line as well.
func (l *progress) among(told reports) reports {
	if l == nil {
		return told
	}
	return append(told, &l.failed)
}

// counters are what the run is to fill in.
func (l *progress) counters() *pipeline.Progress {
	if l == nil {
		return nil
	}
	return &l.run
}

// draw draws the line until stop.
func (l *progress) draw() {
	first, every := progressFrom, progressEvery
	if l.log {
		first, every = progressLog, progressLog
	}
	l.clock.sleep(min(first, progressFrom))
	if !l.begin() {
		return
	}
	l.clock.sleep(first - min(first, progressFrom))
	for l.update() {
		l.clock.sleep(every)
	}
}

// begin has the scout look for what is to come. It is nothing for short runs.
func (l *progress) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended.Load() || !l.log && !l.threads.Spare(threads.Signals) {
		return false
	}
	l.scout.start()
	return true
}

// update draws the line as it is now. It returns false when there is to be none.
func (l *progress) update() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended.Load() {
		return false
	}
	v := l.view()
	switch {
	case l.log && l.open:
	case l.log:
		l.write(l.diag.name + ": " + v.line(logColumns) + "\n")
	case !l.foreground():
		l.shown = "" // what is on the terminal is of others
	case l.typed():
		l.erase()
	case l.passing:
		l.passing = false
	case !l.open && isWritable(l.diag.file): // or somebody has stopped it to read
		l.show(&v)
	}
	return true
}

// logColumns is how long a line of a log may be.
const logColumns = 200

func (l *progress) view() view {
	at, now := l.run.Now(), l.clock.now()
	l.pace.add(now, at.Bytes)
	v := view{done: at.Bytes, files: at.Files, failed: l.failed.n.Load(), took: now, rate: l.pace.rate()}
	if at.Name != "" && (at.Name != "-" || !l.scout.sized) {
		v.name = l.diag.QuotedVisibly(at.Name)
	}
	v.total, v.allFiles, v.complete = l.scout.found()
	return v
}

// foreground reports whether the terminal is ours to draw on.
func (l *progress) foreground() bool {
	ours, ok := inForeground(l.diag.file)
	return (ours || !ok && l.always) && takesLines(l.diag.file)
}

// typed reports whether standard input is typed on a terminal, where the line
// would be in the way.
func (l *progress) typed() bool { return l.in.IsUsed() && isTerminal(os.Stdin) }

// show puts what there is to see in place of the line. l.mu is held.
func (l *progress) show(v *view) {
	columns := columnsOf(l.diag.file)
	text := v.line(columns)
	if text == l.shown && (text == "" || l.clock.now()-l.at < progressAgain) {
		return
	}
	l.watchSignals()
	// What is there is overwritten first, and then the rest of it erased: it
	// would flicker otherwise.
	l.write("\r" + text + l.eraseRest(columns) + "\r")
	l.shown, l.columns, l.at, l.drawn = text, columns, l.clock.now(), true
}

// eraseRest has a terminal of so many columns erase what is behind the cursor: EL of
// ECMA-48. Many break a line in two that doesn't fit any more, when they are made
// narrower. The cursor stays where it is in it, at its beginning, so the other rows
// are below: ED.
func (l *progress) eraseRest(columns int) string {
	if columns < l.columns {
		return "\x1b[J"
	}
	return "\x1b[K"
}

// erase takes the line away. l.mu is held.
func (l *progress) erase() {
	if l.shown != "" && l.foreground() {
		l.write("\r" + l.eraseRest(columnsOf(l.diag.file)))
	}
	l.shown = ""
}

// write writes to the terminal or the log. If that fails nobody is to be told.
func (l *progress) write(text string) { _ = process.WriteAll(l.diag.file, []byte(text)) }

// hold erases the line, and keeps it from being drawn until release.
func (l *progress) hold() {
	if l != nil {
		l.mu.Lock()
		l.erase()
	}
}

// release lets the line be drawn again, behind what was written. If that has no
// end, as with --zero, it would be overwritten, so that must come first.
func (l *progress) release(written []byte) {
	if l != nil {
		l.open = len(written) > 0 && written[len(written)-1] != '\n'
		l.mu.Unlock()
	}
}

// pass makes room for results that go into a pipe. Who reads it may print them on
// the same terminal, as tee does, so the line is away for a moment. Where results
// come all the time it would never be seen, and stays.
func (l *progress) pass() {
	if l == nil {
		return
	}
	now := l.clock.now()
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
func (l *progress) watchSignals() {
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
	if len(l.others) > 0 {
		for _, g := range l.others {
			g.Also(l.vanish)
		}
		return
	}
	l.guard = process.NewGuard(process.EndingSignals)
	l.guard.Watch(l.vanish)
}

// vanish erases the line before the process ends, and nothing is drawn any more.
func (l *progress) vanish() {
	l.vanishes.Do(func() {
		if l.lockSoon() {
			l.clear()
			l.gone.Store(true) // and l.mu stays locked
		}
	})
}

// clear is erase, unless somebody has stopped the terminal. l.mu is held.
func (l *progress) clear() {
	if l.shown != "" && isWritable(l.diag.file) {
		l.erase()
	}
	l.shown = ""
}

// lockSoon is l.mu.Lock, but doesn't wait for who writes to a terminal that somebody
// has stopped, which may take for ever, or writes all the time.
func (l *progress) lockSoon() bool {
	const least, most = 20, 1000 // milliseconds, while it could take something
	for i := 0; i < least || i < most && !l.gone.Load() && isWritable(l.diag.file); i++ {
		if l.mu.TryLock() {
			return true
		}
		l.sleep(time.Millisecond)
	}
	return false
}

// stop ends it.
func (l *progress) stop() {
	if l == nil {
		return
	}
	l.took = l.clock.now()
	l.ended.Store(true)
	l.scout.stop()
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

// conclude says what the run was: in a log always, on a terminal if it was long and
// somebody has seen it. It comes last.
func (l *progress) conclude() {
	switch {
	case l == nil:
	case l.log:
		l.diag.out.flush() // it comes first
		l.mu.Lock()
		l.writeConclusion()
		l.mu.Unlock()
	case l.took >= concludeFrom:
		if l.diag.out.line != nil {
			l.diag.out.flush()
		}
		if l.lockSoon() {
			if l.drawn && l.foreground() && isWritable(l.diag.file) {
				l.writeConclusion()
			}
			l.mu.Unlock()
		}
	}
}

// writeConclusion ends what has no end yet before. l.mu is held.
func (l *progress) writeConclusion() {
	text := l.diag.name + ": " + conclusion(l.run.Now().Bytes, l.took, l.failed.n.Load()) + "\n"
	if l.open {
		text = "\n" + text
	}
	l.write(text)
}
