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
	"github.com/psha1sum/psha1sum/internal/cli"
	"github.com/psha1sum/psha1sum/internal/console"
	"github.com/psha1sum/psha1sum/internal/explain"
	"github.com/psha1sum/psha1sum/internal/fdlimit"
	"github.com/psha1sum/psha1sum/internal/formats"
	"github.com/psha1sum/psha1sum/internal/github"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/outputs"
	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/internal/reports"
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
	target  *atomicfile.File
	outputs *outputs.Files
	stopped *github.StopCommands // nil: nobody follows commands in what is printed
	// reported are the files of reports.
	reported []*atomicfile.File
	// guards are those of files that would leave something behind.
	guards []*process.Guard
	// descriptors is for all that opens files, and threads for all that may sleep in
	// system calls.
	descriptors fdlimit.Budget
	threads     threads.Budget
	startClock  func(sleep func(time.Duration)) console.Clock
}

func newProgram(name string, began process.Inherited) *program {
	in := &process.Stdin{Closed: began.WasClosed(0)}
	out := console.NewOutput(os.Stdout, began.WasClosed(1))
	diag := console.NewMessages(name, os.Stderr, began.WasClosed(2), out)
	return &program{name: name, began: began, in: in, out: out, diag: diag, startClock: console.StartClock}
}

// disableGC keeps the runtime from collecting garbage before there is much. Where
// descriptors are few none of Go's timers must start, and the runtime starts one when it
// gives memory back to the system behind a collection: see fdlimit.Budget.Sleep.
func disableGC() {
	const much = 256 << 20
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(much)
}

// freeMemory gives garbage back to the system, if it may be collected.
func (p *program) freeMemory() {
	if !p.descriptors.Low() {
		debug.FreeOSMemory()
	}
}

// work does what the command line asks for.
func (p *program) work(r *cli.Request) exitStatus {
	if r.Jobs > 0 && r.Jobs < runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(r.Jobs) // readers keep to them as well
	}
	if p.mayName(r) {
		p.diag.LearnLocale()
	}
	var reserved *reader.ReservedFD
	if r.NamesManifests() {
		reserved = reader.ReserveFD() // before anything of ours is there
	}
	all, err := p.reportsFor(r)
	if err != nil {
		all.GiveUp(err.Error())
		return failure
	}
	base, digests, err := p.openFor(r)
	if err != nil {
		all.GiveUp(err.Error())
		return failure
	}
	var a *verify.Audit
	if r.Audit != nil {
		a = verify.NewAudit(&p.descriptors)
	}
	signals := p.newInterruption(digests)
	var run pipeline.Progress
	var failures report.FailureCount
	line := p.startProgress(r, base, &run, &failures)
	signals.watch(line, p.guards)
	if line != nil {
		all = append(all, &failures)
	}
	m := p.modeFor(r, all, a)
	if damage := digests.damage(); damage != nil {
		m.Remark(damage)
	}
	// Whatever goes wrong with a file is reported in its place, and the rest is still
	// done. What can fail is to begin; and --fail-fast ends the run.
	var used pipeline.Used
	src := p.sourceFor(r, base, reserved, a)
	opt := pipeline.Options{
		Algorithm:   r.Algorithms[0],
		Workers:     r.Jobs,
		Files:       r.IOJobs,
		IO:          ioOf(r.IO),
		DropCache:   r.DropCache,
		Barriers:    p.outputs.Streams,
		Exclude:     p.outputs.Replaced,
		Reserved:    p.outputs.Cache,
		Descriptors: &p.descriptors,
		Threads:     &p.threads,
		Cache:       digests.forPipeline(),
		Breaker:     signals.forPipeline(),
		Used:        &used,
	}
	if line != nil {
		opt.Progress = &run
	}
	if p.descriptors.Low() {
		disableGC()
	}
	halted := m.Halted()
	if r.Debug {
		halted = nil // used is known at the end
	}
	err = runUntil(halted, func() error { return pipeline.Run(context.Background(), src, m, opt) })
	line.Stop()
	signals.end()
	closing := digests.close()
	if err != nil && err != verify.ErrFailFast {
		all.GiveUp("cannot set up io_uring: " + gnu.Strerror(err))
		return failure
	}
	if p.target != nil {
		p.target.End()
	}
	if r.Debug {
		p.sayDebug(used, digests)
	}
	if closing != nil {
		m.Remark(closing)
	}
	failed := m.Finish()
	line.Conclude()
	return statusOf(failed)
}

// mayName reports whether a name may have to be printed for which the locale matters.
func (p *program) mayName(r *cli.Request) bool {
	return r.Check || r.Recursive || r.Files0From != nil || !gnu.Plain(r.Operands) ||
		r.Output != nil || r.Cache != nil || len(r.Reports) > 0 || p.progressMode(r) != console.NoProgress
}

// progressMode tells where progress is to be shown. In the place of another program,
// which shows none, it has to be asked for.
func (p *program) progressMode(r *cli.Request) console.ProgressMode {
	auto := r.Progress == cli.ProgressAuto || r.Progress == "" && cli.IsOwnName(p.name)
	return p.diag.ProgressMode(auto && !r.Status, r.Progress == cli.ProgressAlways)
}

// startProgress shows it from now on, if the command line asks for it.
func (p *program) startProgress(r *cli.Request, base *reader.Dir, run *pipeline.Progress, failures *report.FailureCount) *console.Progress {
	where := p.progressMode(r)
	if where == console.NoProgress {
		return nil
	}
	estimate := p.estimate(r, base)
	return console.StartProgress(where, console.ProgressOptions{
		Messages: p.diag, Output: p.out, Stdin: p.in, Always: r.Progress == cli.ProgressAlways,
		Done: func() (bytes, files int64, name string) {
			at := run.Now()
			return at.Bytes, at.Files, at.Name
		},
		Failed:   failures.N.Load,
		Estimate: estimate, StartClock: p.startClock, Sleep: p.descriptors.Sleep,
		Others: p.guards, Threads: &p.threads,
	})
}

// openFor opens what the command line names beside the FILEs, but for reports: the
// file of --output, the directory in which names are looked up, and the cache. By then
// it is known which files are ours. The error is what is to be said.
func (p *program) openFor(r *cli.Request) (base *reader.Dir, digests *digestCache, err error) {
	if r.Output != nil {
		if file, ok := cacheFileNamed(r, *r.Output); ok {
			return nil, nil, p.cacheIsOutput(file)
		}
		if err := p.redirect(*r.Output, p.targetOptions(r)); err != nil {
			return nil, nil, errors.New(p.diag.Quoted(*r.Output) + ": " + gnu.Strerror(err))
		}
	}
	// It stays open until the process ends: a halted run and an estimate that waits for a
	// server still use it.
	base, refused, err := openBase(r)
	if err != nil {
		p.diag.LearnLocale()
		return nil, nil, errors.New("cannot change directory to " + p.diag.QuotedAlways(refused) + ": " + gnu.Strerror(err))
	}
	p.outputs = outputs.New(p.streams(), append([]*atomicfile.File{p.target}, p.reported...))
	digests, err = p.openCache(r)
	return base, digests, err
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
func openBase(r *cli.Request) (base *reader.Dir, refused string, err error) {
	switch {
	case len(r.Directories) == 0 && r.Beneath:
		return openDirectory(nil, ".", ruleOf(r)) // to be known by a descriptor
	case len(r.Directories) == 0:
		return nil, "", nil
	case !r.Beneath:
		return openDirectory(nil, r.Directory, ruleOf(r))
	}
	for _, dir := range r.Directories {
		last := base
		base, refused, err = openDirectory(last, dir, ruleOf(r))
		if last != nil {
			last.Close()
		}
		if err != nil {
			return nil, refused, err
		}
	}
	return base, "", nil
}

func openDirectory(in *reader.Dir, dir string, rule reader.Rule) (*reader.Dir, string, error) {
	directory, err := reader.OpenDir(in, dir, rule)
	return directory, dir, err
}

// ruleOf is the rule by which names in that directory are opened.
func ruleOf(r *cli.Request) reader.Rule {
	if r.Beneath {
		return reader.Beneath
	}
	return reader.Anything
}

// sayDebug says what --debug wants to know.
func (p *program) sayDebug(used pipeline.Used, digests *digestCache) {
	if digests != nil && digests.cache != nil {
		stats := digests.cache.Stats()
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
func (p *program) targetOptions(r *cli.Request) atomicfile.Options {
	earlier := formats.EarlierOutput{Digits: 2 * r.Algorithms[0].Size, Reports: reports.Earlier()}
	return atomicfile.Options{Force: r.Force, IsOutput: earlier.IsOutput, WasClosed: p.began.WasClosed, Threads: &p.threads}
}

// modeFor returns the mode that the command line asks for.
func (p *program) modeFor(r *cli.Request, all report.Reports, a *verify.Audit) verify.Mode {
	o := verify.Options{Algorithm: r.Algorithms[0], Reports: all, Outputs: p.outputs}
	if !r.Check {
		return verify.NewHashMode(o)
	}
	return verify.NewCheckMode(o, verify.CheckOptions{
		Strict: r.Strict, IgnoreMissing: r.IgnoreMissing, Quiet: r.Quiet, Status: r.Status,
		FailFast: r.FailFast, Require: r.Require, Audit: a,
	})
}

// reportsFor returns the reports that the command line asks for, ready to be told.
// If one of them can't be, the others are there to be told so.
func (p *program) reportsFor(r *cli.Request) (all report.Reports, err error) {
	all, last := p.textFor(r), p.jsonFor(r)
	if i := slices.IndexFunc(r.Reports, stopsCommands); i >= 0 {
		p.stopCommands(r.JSON)
		to, err := p.reportTo(r, &r.Reports[i])
		if err != nil {
			return append(all, last...), err
		}
		// What the others have to say at the end is to come before commands are followed.
		last = append(report.Reports{to}, last...)
	}
	for i := range r.Reports {
		to := &r.Reports[i]
		if to.StopsCommands || !to.ToFile && slices.Contains(r.Reports[:i], *to) {
			continue
		}
		one, err := p.reportTo(r, to)
		if err != nil {
			return append(all, last...), err
		}
		all = append(all, one)
	}
	return append(all, last...), nil
}

// reportTo returns a report that --report asks for.
func (p *program) reportTo(r *cli.Request, to *cli.ReportTo) (report.Report, error) {
	kind := reports.Named(to.Name)
	o := reports.Options{
		Messages: p.diag, Commands: p.stopped,
		Strict: r.Strict, Directory: r.Directory, PerManifest: r.PerManifest,
	}
	if !to.ToFile {
		return kind.New(o)
	}
	if file, ok := cacheFileNamed(r, to.File); ok {
		return nil, p.cacheIsOutput(file)
	}
	file, err := atomicfile.Create(to.File, p.targetOptions(r))
	var one report.Report
	if err == nil {
		o.File = file
		one, err = kind.New(o)
	}
	if err != nil {
		return nil, errors.New(p.diag.Quoted(to.File) + ": " + gnu.Strerror(err))
	}
	p.reported = append(p.reported, file)
	p.guards = append(p.guards, file.Guards()...)
	return one, nil
}

// stopsCommands reports whether a report is to GitHub's runner, or one like it.
func stopsCommands(to cli.ReportTo) bool { return to.StopsCommands }

// stopCommands tells the runner to take nothing for a command.
func (p *program) stopCommands(json bool) {
	p.stopped = github.Suspend(p.diag, p.began.WasClosed(1), json)
}

// jsonFor returns the report whose end is that of the whole run.
func (p *program) jsonFor(r *cli.Request) report.Reports {
	if !r.JSON {
		return nil
	}
	return report.Reports{formats.NewJSON(p.out, formats.JSONOptions{
		Check: r.Check, Algorithms: r.Algorithms, Quiet: r.Quiet, Status: r.Status,
		Version: shortVersion(), Broken: p.broken,
		ExitStatus: func(failed bool) uint64 { return uint64(statusOf(failed)) },
	})}
}

// textFor returns the reports to people.
func (p *program) textFor(r *cli.Request) report.Reports {
	own := cli.IsOwnName(p.name)
	messages := formats.MessageOptions{
		Warn: r.Warn, Status: r.Status, IgnoreMissing: r.IgnoreMissing,
		Expecting: r.Digest != nil && !r.Status && !r.Explain, // which says it as well
		Hint:      own && !r.Status && !r.Explain && p.diag.IsOnTerminal(),
	}
	if len(r.Algorithms) == 1 {
		messages.Algorithm = r.Algorithms[0]
	}
	all := report.Reports{formats.NewMessages(p.diag, messages)}
	if !r.JSON {
		p.out.Hold = r.Zero && !r.Check
		all = append(all, formats.NewLines(p.out, formats.LineOptions{
			Algorithms: r.Algorithms, Tag: r.Tag, Binary: r.Binary, Zero: r.Zero, Quiet: r.Quiet, Status: r.Status,
		}))
	}
	if r.Explain {
		all = append(all, explain.New(p.diag, &p.descriptors, explain.Options{
			Algorithms: r.Algorithms, Auto: r.Auto, DropCache: r.DropCache, Jobs: r.Jobs,
		}))
	}
	return all
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
	if p.target != nil || p.stopped != nil {
		p.out.Flush()
	}
	if p.target != nil {
		if !p.target.Conclude(p.out.Failure(), p.diag) {
			status = failure
		}
	}
	if p.stopped != nil {
		p.stopped.Resume() // what may still be said has no name in it
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

// ioOf is the way of reading that the command line names.
func ioOf(word string) pipeline.IO {
	switch word {
	case "read":
		return pipeline.ReadIO
	case "uring":
		return pipeline.RingIO
	}
	return pipeline.AutoIO
}
