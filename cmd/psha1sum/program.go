package main

import (
	"context"
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/psha1sum/psha1sum/internal/atomicfile"
	"github.com/psha1sum/psha1sum/internal/console"
	"github.com/psha1sum/psha1sum/internal/explain"
	"github.com/psha1sum/psha1sum/internal/formats"
	"github.com/psha1sum/psha1sum/internal/github"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/outputs"
	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/internal/source"
	"github.com/psha1sum/psha1sum/internal/threads"
	"github.com/psha1sum/psha1sum/internal/verify"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// A program is one run of the command: its name and its standard streams.
type program struct {
	name  string
	began process.Inherited
	in    *process.Stdin
	out   *console.Output
	diag  *console.Messages
	// target is what out is written to, if that isn't standard output.
	target *atomicfile.File
	own    *outputs.Files
	beside source.Handle
	fence  *github.Fence // nil: none
	// reported are the files of reports.
	reported []*atomicfile.File
	// guards are those of files that would leave something behind.
	guards []*process.Guard
	// threads is for all that may sleep in system calls.
	threads threads.Budget
	// uncollected says that garbage is better left: see pipeline.Options.Scarce.
	uncollected bool
	startClock  func(sleep func(time.Duration)) console.Clock
}

func newProgram(name string, began process.Inherited) *program {
	in := &process.Stdin{Closed: began.WasClosed(0)}
	out := console.NewOutput(os.Stdout, began.WasClosed(1))
	diag := console.NewMessages(name, os.Stderr, began.WasClosed(2), out)
	return &program{name: name, began: began, in: in, out: out, diag: diag, startClock: console.StartClock}
}

// leaveUncollected keeps the runtime from collecting garbage before there is much.
func (p *program) leaveUncollected() {
	const much = 256 << 20
	p.uncollected = true
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(much)
}

// giveBack gives garbage back to the system, if it may be collected.
func (p *program) giveBack() {
	if !p.uncollected {
		debug.FreeOSMemory()
	}
}

// work does what the command line asks for.
func (p *program) work(s settings) exitStatus {
	if s.jobs > 0 && s.jobs < runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(s.jobs) // readers keep to them as well
	}
	if p.mayName(s) {
		p.diag.LearnLocale()
	}
	var seat *reader.Seat
	if s.manifests() {
		seat = reader.TakeSeat() // before anything of ours is there
	}
	told, err := p.reportsFor(s)
	if err != nil {
		told.GiveUp(err.Error())
		return failure
	}
	base, known, err := p.openFor(s)
	if err != nil {
		told.GiveUp(err.Error())
		return failure
	}
	var a *verify.Audit
	if s.audit != nil {
		a = verify.NewAudit(&p.beside)
	}
	signals := p.newInterruption(known)
	var run pipeline.Progress
	var failures report.FailureCount
	line := p.watch(s, base, &run, &failures)
	signals.watch(line, p.guards)
	if line != nil {
		told = append(told, &failures)
	}
	m := p.modeFor(s, told, a)
	if damage := known.damage(); damage != nil {
		m.Remark(damage)
	}
	// Neither source nor sink ever fails: whatever goes wrong is reported in its
	// place and the rest is still done. What can fail is to begin.
	var used pipeline.Used
	p.beside.From = p.sourceFor(s, base, seat, a)
	opt := pipeline.Options{
		Algorithm: s.algorithms[0],
		Workers:   s.jobs,
		Files:     s.ioJobs,
		IO:        s.io,
		DropCache: s.dropCache,
		Barriers:  p.own.Streams,
		Exclude:   p.own.Replaced,
		Reserved:  p.own.Cache,
		Scarce:    p.leaveUncollected,
		Threads:   &p.threads,
		Cache:     known.forRun(),
		Breaker:   signals.forRun(),
		Used:      &used,
	}
	if line != nil {
		opt.Progress = &run
	}
	halted := m.Halted()
	if s.debug {
		halted = nil // used is known at the end
	}
	err = runUntil(halted, func() error { return pipeline.Run(context.Background(), &p.beside, m, opt) })
	line.Stop()
	signals.end()
	forgot := known.close()
	if err != nil && err != verify.ErrFailFast {
		told.GiveUp("cannot set up io_uring: " + gnu.Strerror(err))
		return failure
	}
	if p.target != nil {
		p.target.End()
	}
	if s.debug {
		p.explain(used, known)
	}
	if forgot != nil {
		m.Remark(forgot)
	}
	failed := m.Finish()
	line.Conclude()
	return statusOf(failed)
}

// mayName reports whether a name may have to be printed for which the locale matters.
func (p *program) mayName(s settings) bool {
	return s.check || s.recursive || s.files0From != nil || !gnu.Plain(s.operands) ||
		s.output != nil || s.cache != nil || len(s.reports) > 0 || p.watched(s) != console.Nowhere
}

// watched tells where progress is to be shown. In the place of another program,
// which shows none, it has to be asked for.
func (p *program) watched(s settings) console.Place {
	auto := s.progress == progressAuto || s.progress == "" && isOwnName(p.name, ourPaths())
	return p.diag.Watched(auto && !s.status, s.progress == progressAlways)
}

// watch shows progress from now on, if the command line asks for it.
func (p *program) watch(s settings, base *reader.Folder, run *pipeline.Progress, failures *report.FailureCount) *console.Progress {
	where := p.watched(s)
	if where == console.Nowhere {
		return nil
	}
	scout := p.scout(s, base)
	return console.StartProgress(where, console.ProgressOptions{
		Messages: p.diag, Output: p.out, Stdin: p.in, Always: s.progress == progressAlways,
		Done: func() (bytes, files int64, name string) {
			at := run.Now()
			return at.Bytes, at.Files, at.Name
		},
		Failed:   failures.N.Load,
		Estimate: scout, StartClock: p.startClock, Sleep: scout.Sleep,
		Others: p.guards, Threads: &p.threads,
	})
}

// openFor opens what the command line names beside the FILEs, but for reports: the
// file of --output, the folder in which names are looked up, and the cache. By then
// it is known which files are ours. The error is what is to be said.
func (p *program) openFor(s settings) (base *reader.Folder, known *remembered, err error) {
	if s.output != nil {
		if file, ok := s.cachesIn(*s.output); ok {
			return nil, nil, p.cacheIsOutput(file)
		}
		if err := p.redirect(*s.output, p.targetOptions(s)); err != nil {
			return nil, nil, errors.New(p.diag.Quoted(*s.output) + ": " + gnu.Strerror(err))
		}
	}
	// It stays open until the process ends: a halted run and a scout that waits for a
	// server still use it.
	base, refused, err := s.openBase()
	if err != nil {
		p.diag.LearnLocale()
		return nil, nil, errors.New("cannot change directory to " + p.diag.QuotedAlways(refused) + ": " + gnu.Strerror(err))
	}
	p.own = outputs.New(p.streams(), append([]*atomicfile.File{p.target}, p.reported...))
	known, err = p.openCache(s)
	return base, known, err
}

// streams are the descriptors of the standard streams that are printed to, or of what
// --output has in their place as it is.
func (p *program) streams() (fds []int) {
	switch {
	case p.target == nil && !p.out.IsClosed():
		fds = append(fds, 1)
	case p.target != nil && p.target.Path == "":
		fds = append(fds, int(p.target.File.Fd()))
	}
	if _, closed := p.diag.Stream(); !closed {
		fds = append(fds, 2)
	}
	return fds
}

// runUntil calls run, and waits for its end or until it is halted. A halted run that
// waits for more of a pipe may never end: the process does.
func runUntil(halted <-chan struct{}, run func() error) error {
	if halted == nil {
		return run()
	}
	ended := make(chan error, 1)
	go func() { ended <- run() }()
	select {
	case err := <-ended:
		return err
	case <-halted:
		return verify.ErrFailFast
	}
}

// openBase opens the directory in which names are looked up, or returns nil if it is
// just where our caller is. refused is the one that can't be opened.
//
// With --beneath the first one is our caller's word, and what is below it needn't be:
// each of the others is looked up like the names in a manifest.
func (s *settings) openBase() (base *reader.Folder, refused string, err error) {
	switch {
	case len(s.directories) == 0 && s.beneath:
		return openDirectory(nil, ".", s.rule()) // to be known by a descriptor
	case len(s.directories) == 0:
		return nil, "", nil
	case !s.beneath:
		return openDirectory(nil, s.directory, s.rule())
	}
	for _, dir := range s.directories {
		last := base
		base, refused, err = openDirectory(last, dir, s.rule())
		if last != nil {
			last.Close()
		}
		if err != nil {
			return nil, refused, err
		}
	}
	return base, "", nil
}

func openDirectory(in *reader.Folder, dir string, rule reader.Rule) (*reader.Folder, string, error) {
	folder, err := reader.OpenFolder(in, dir, rule)
	return folder, dir, err
}

// rule is the rule by which names in that folder are opened.
func (s *settings) rule() reader.Rule {
	if s.beneath {
		return reader.Beneath
	}
	return reader.Anything
}

// explain says what --debug wants to know.
func (p *program) explain(used pipeline.Used, known *remembered) {
	if known != nil && known.cache != nil {
		stats := known.cache.Stats()
		p.diag.Say("cache: " + strconv.FormatInt(stats.Found, 10) + " digests found, " + strconv.FormatInt(stats.Kept, 10) + " stored" + continued(used.Resumed))
	}
	for _, line := range []struct {
		did  string
		with []string
	}{
		{"read with: ", used.IO},
		{"hashed with: ", used.Kernels},
	} {
		with := strings.Join(line.with, ", ")
		if with == "" {
			with = "none"
		}
		p.diag.Say(line.did + with)
	}
}

// continued tells of the files that were not read from their beginning, if any were.
func continued(r pipeline.Resumed) string {
	if r.Files == 0 {
		return ""
	}
	files := " files"
	if r.Files == 1 {
		files = " file"
	}
	percent := int64(100 * (float64(r.Bytes) / float64(r.Size)))
	return ", " + strconv.FormatInt(r.Files, 10) + files + " continued at " + strconv.FormatInt(percent, 10) + " %"
}

// redirect has what is printed go to a file.
func (p *program) redirect(name string, o atomicfile.Options) error {
	t, err := atomicfile.Create(name, o)
	if err != nil {
		return err
	}
	p.target = t
	p.guards = append(p.guards, t.Guards()...)
	p.out.Redirect(t.File, t.Path != "")
	return nil
}

// targetOptions are those of all targets.
func (p *program) targetOptions(s settings) atomicfile.Options {
	earlier := formats.EarlierOutput{Digits: 2 * s.algorithms[0].Size}
	return atomicfile.Options{Force: s.force, IsOutput: earlier.IsOutput, WasClosed: p.began.WasClosed, Threads: &p.threads}
}

// modeFor returns the mode that the command line asks for.
func (p *program) modeFor(s settings, told report.Reports, a *verify.Audit) verify.Mode {
	o := verify.Options{Algorithm: s.algorithms[0], Reports: told, Outputs: p.own}
	if !s.check {
		return verify.NewPrinter(o)
	}
	return verify.NewChecker(o, verify.CheckOptions{
		Strict: s.strict, IgnoreMissing: s.ignoreMissing, Quiet: s.quiet, Silent: s.status,
		FailFast: s.failFast, Require: s.require, Audit: a,
	})
}

// reportsFor returns the reports that the command line asks for, ready to be told.
// If one of them can't be, the others are there to be told so.
func (p *program) reportsFor(s settings) (told report.Reports, err error) {
	told, last := p.textFor(s), p.jsonFor(s)
	if slices.ContainsFunc(s.reports, reportTo.isGitHub) {
		p.raiseFence(s.json)
		g, err := github.New(p.diag, p.fence, github.Options{Strict: s.strict, Directory: s.directory, PerManifest: s.relativeToManifest})
		if err != nil {
			return append(told, last...), err
		}
		// What the others have to say at the end is to be inside of the fence.
		last = append(report.Reports{g}, last...)
	}
	for _, to := range s.reports {
		if to.isGitHub() {
			continue
		}
		if file, ok := s.cachesIn(to.file); ok {
			return append(told, last...), p.cacheIsOutput(file)
		}
		j, err := formats.NewJUnit(p.diag, to.file, s.strict, p.targetOptions(s))
		if err != nil {
			return append(told, last...), errors.New(p.diag.Quoted(to.file) + ": " + gnu.Strerror(err))
		}
		p.reported = append(p.reported, j.To)
		p.guards = append(p.guards, j.To.Guards()...)
		told = append(told, j)
	}
	return append(told, last...), nil
}

// raiseFence tells a runner of GitHub's to take nothing for a command.
func (p *program) raiseFence(json bool) {
	p.fence = github.Raise(p.diag, p.began.WasClosed(1), json)
}

// jsonFor returns the report whose end is that of the whole run.
func (p *program) jsonFor(s settings) report.Reports {
	if !s.json {
		return nil
	}
	return report.Reports{formats.NewJSON(p.out, formats.JSONOptions{
		Check: s.check, Algorithms: s.algorithms, Quiet: s.quiet, Status: s.status,
		Version: shortVersion(), Broken: p.broken,
		ExitStatus: func(failed bool) uint64 { return uint64(statusOf(failed)) },
	})}
}

// textFor returns the reports to people.
func (p *program) textFor(s settings) report.Reports {
	own := isOwnName(p.name, ourPaths())
	messages := formats.MessageOptions{
		Warn: s.warn, Status: s.status, IgnoreMissing: s.ignoreMissing,
		Expecting: s.digest != nil && !s.status && !s.explain, // which says it as well
		Hint:      own && !s.status && !s.explain && p.diag.IsOnTerminal(),
	}
	if len(s.algorithms) == 1 {
		messages.Algorithm = s.algorithms[0]
	}
	told := report.Reports{formats.NewMessages(p.diag, messages)}
	if !s.json {
		p.out.Hold = s.zero && !s.check
		told = append(told, formats.NewLines(p.out, formats.LineOptions{
			Algorithms: s.algorithms, Tag: s.tag, Binary: s.binary, Zero: s.zero, Quiet: s.quiet, Status: s.status,
		}))
	}
	if s.explain {
		told = append(told, explain.New(p.diag, &p.beside, explain.Options{
			Algorithms: s.algorithms, Auto: s.auto, DropCache: s.dropCache, Jobs: s.jobs,
		}))
	}
	return told
}

// broken reports whether something that was printed is known to have got lost:
// whatever became of the files, the exit status is 1 then.
func (p *program) broken() bool { return p.out.Failure() != nil || p.diag.HasFailed() }

// finish closes the standard streams, or the file in place of standard output,
// reports what went wrong with them as GNU does at exit, and returns the process's
// exit status.
func (p *program) finish(status exitStatus) exitStatus {
	if err := p.in.Close(); err != nil {
		p.diag.Say("standard input: " + gnu.Strerror(err))
		status = failure
	}
	if p.target != nil || p.fence != nil {
		p.out.Flush()
	}
	if p.target != nil {
		if !p.target.Conclude(p.out.Failure(), p.diag) {
			status = failure
		}
	}
	if p.fence != nil {
		p.fence.Lift() // what may still be said has no name in it
	}
	if p.target == nil {
		if text := p.out.Close(); text != "" {
			p.diag.Say(text)
			status = failure
		}
	}
	if p.broken() {
		status = failure
	}
	return status
}
