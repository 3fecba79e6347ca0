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
	// target is the file that out writes to if it isn't standard output.
	target  *atomicfile.File
	outputs *outputs.Files
	stopped *github.StopCommands // nil: commands in the output are not stopped
	// reported are the files that reports are written to.
	reported []*atomicfile.File
	// guards remove unfinished files when a signal ends the process.
	guards []*process.Guard
	// descriptors limits open files, and threads limits goroutines that may block in
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

// disableGC disables garbage collection until the heap is large. When descriptors are
// few, no Go timer may start, and the runtime starts one to return memory to the system
// after a collection: see fdlimit.Budget.Sleep.
func disableGC() {
	const much = 256 << 20
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(much)
}

// freeMemory returns garbage to the system unless collection is disabled.
func (p *program) freeMemory() {
	if !p.descriptors.Low() {
		debug.FreeOSMemory()
	}
}

// work does what the command line requests.
func (p *program) work(r *cli.Request) exitStatus {
	if r.Jobs > 0 && r.Jobs < runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(r.Jobs) // limits readers as well
	}
	if p.mayName(r) {
		p.diag.LearnLocale()
	}
	var reserved *reader.ReservedFD
	if r.NamesManifests() {
		reserved = reader.ReserveFD() // before this program opens anything
	}
	all, err := p.reportsFor(r)
	if err != nil {
		all.CannotBegin(err.Error())
		return failure
	}
	base, digests, err := p.openFor(r)
	if err != nil {
		all.CannotBegin(err.Error())
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
	// A failure of a file is reported in its place, and the run continues. Run fails only
	// if it cannot begin, or with --fail-fast.
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
		halted = nil // used is known once the run has ended
	}
	err = runUntil(halted, func() error { return pipeline.Run(context.Background(), src, m, opt) })
	line.Stop()
	signals.end()
	closing := digests.close()
	if ring := (*pipeline.RingError)(nil); errors.As(err, &ring) {
		all.CannotBegin("cannot set up io_uring: " + gnu.Strerror(ring.Err))
		return failure
	} else if err != nil && err != verify.ErrFailFast {
		all.CannotBegin(gnu.Strerror(err))
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

// mayName reports whether the run may print a name whose quoting depends on the locale.
func (p *program) mayName(r *cli.Request) bool {
	return r.Check || r.Recursive || r.Files0From != nil || !gnu.Plain(r.Operands) ||
		r.Output != nil || r.Cache != nil || len(r.Reports) > 0 || p.progressMode(r) != console.NoProgress
}

// progressMode returns where to show progress. When run under the name of another
// program, which shows none, progress must be requested.
func (p *program) progressMode(r *cli.Request) console.ProgressMode {
	auto := r.Progress == cli.ProgressAuto || r.Progress == "" && cli.IsOwnName(p.name)
	return p.diag.ProgressMode(auto && !r.Status, r.Progress == cli.ProgressAlways)
}

// startProgress starts showing progress if the command line requests it.
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

// openFor opens what the command line names other than FILEs and reports: the file of
// --output, the directory in which names are looked up, and the cache. After that all of
// the program's own files are known. The error is a complete message.
func (p *program) openFor(r *cli.Request) (base *reader.Dir, digests *digestCache, err error) {
	if r.Output != nil {
		if file, ok := cacheFileNamed(r, *r.Output); ok {
			return nil, nil, p.cacheIsOutput(file)
		}
		if err := p.redirect(*r.Output, p.targetOptions(r)); err != nil {
			return nil, nil, errors.New(p.diag.Quoted(*r.Output) + ": " + gnu.Strerror(err))
		}
	}
	// It stays open until the process ends: a halted run, or an estimate waiting for a
	// server, may still use it.
	base, refused, err := openBase(r)
	if err != nil {
		p.diag.LearnLocale()
		return nil, nil, errors.New("cannot change directory to " + p.diag.QuotedAlways(refused) + ": " + gnu.Strerror(err))
	}
	p.outputs = outputs.New(p.streams(), append([]*atomicfile.File{p.target}, p.reported...))
	digests, err = p.openCache(r)
	return base, digests, err
}

// streams returns the descriptors that are printed to: the standard streams, or the file
// of --output if that is not replaced.
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

// runUntil calls run and waits until it returns or halted is closed. A halted run may
// block on a pipe forever, so it is not awaited: the process exits.
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

// openBase opens the directory in which names are looked up. It returns nil if that is
// the working directory. If a directory can't be opened, refused is its name.
//
// With --beneath only the first directory is trusted: each of the others is looked up by
// the rule for names in a manifest.
func openBase(r *cli.Request) (base *reader.Dir, refused string, err error) {
	switch {
	case len(r.Directories) == 0 && r.Beneath:
		return openDirectory(nil, ".", ruleOf(r)) // held by a descriptor
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

// ruleOf returns the rule by which names in that directory are opened.
func ruleOf(r *cli.Request) reader.Rule {
	if r.Beneath {
		return reader.Beneath
	}
	return reader.Anything
}

// sayDebug prints the lines of --debug.
func (p *program) sayDebug(used pipeline.Used, digests *digestCache) {
	if digests != nil && digests.cache != nil {
		stats := digests.cache.Stats()
		p.diag.Say("cache: " + plural(stats.Found, "digest", "digests") + " found, " + strconv.FormatInt(stats.Kept, 10) + " stored" + continued(used.Resumed))
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

// continued describes the files whose hashing was resumed from the cache, or is empty if
// there were none.
func continued(r pipeline.Resumed) string {
	if r.Files == 0 {
		return ""
	}
	percent := int64(100 * (float64(r.Bytes) / float64(r.Size)))
	return ", " + plural(r.Files, "file", "files") + " continued at " + strconv.FormatInt(percent, 10) + " %"
}

// plural returns n followed by the singular or the plural form.
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(n, 10) + " " + many
}

// redirect sends standard output to the file called name.
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

// targetOptions returns the options that all output files share.
func (p *program) targetOptions(r *cli.Request) atomicfile.Options {
	earlier := formats.EarlierOutput{Digits: 2 * r.Algorithms[0].Size, Reports: reports.Earlier()}
	return atomicfile.Options{Force: r.Force, IsOutput: earlier.IsOutput, WasClosed: p.began.WasClosed, Threads: &p.threads}
}

// modeFor returns the mode that the command line selects.
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

// reportsFor returns the reports that the command line requests. On error, it returns
// those that exist, so that they can be told of the error.
func (p *program) reportsFor(r *cli.Request) (all report.Reports, err error) {
	all, last := p.textFor(r), p.jsonFor(r)
	if i := slices.IndexFunc(r.Reports, stopsCommands); i >= 0 {
		p.stopCommands(r.JSON)
		to, err := p.reportTo(r, &r.Reports[i])
		if err != nil {
			return append(all, last...), err
		}
		// The end of the other reports must be printed before commands are followed
		// again.
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

// reportTo returns the report for one --report option.
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

// stopsCommands reports whether a report's runner must be told to ignore commands.
func stopsCommands(to cli.ReportTo) bool { return to.StopsCommands }

// stopCommands tells the runner to ignore commands in the output.
func (p *program) stopCommands(json bool) {
	p.stopped = github.Suspend(p.diag, p.began.WasClosed(1), json)
}

// jsonFor returns the JSON report, if requested, whose last object describes the whole
// run.
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

// textFor returns the reports for human readers.
func (p *program) textFor(r *cli.Request) report.Reports {
	own := cli.IsOwnName(p.name)
	messages := formats.MessageOptions{
		Warn: r.Warn, Status: r.Status, IgnoreMissing: r.IgnoreMissing,
		Expecting: r.Digest != nil && !r.Status && !r.Explain, // --explain reports it as well
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

// broken reports whether any output is known to be lost. The exit status is then 1,
// whatever the results.
func (p *program) broken() bool { return p.out.Failure() != nil || p.diag.HasFailed() }

// finish closes the standard streams, or the file that replaces standard output, reports
// write errors as GNU does at exit, and returns the exit status of the process.
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
		p.stopped.Resume() // messages from here on contain no file names
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

// ioOf returns the I/O method that word, the argument of --io, selects.
func ioOf(word string) pipeline.IO {
	switch word {
	case "read":
		return pipeline.ReadIO
	case "uring":
		return pipeline.RingIO
	}
	return pipeline.AutoIO
}
