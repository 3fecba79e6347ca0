package main

import (
	"context"
	"os"
	"runtime"
	"strings"

	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// A program is one run of the command: its name and its standard streams.
type program struct {
	name string
	in   *input
	out  *output
	diag *diagnostics
	// target is what out is written to, if that isn't standard output.
	target *target
	own    *ownFiles
	beside beside
}

func newProgram(name string) *program {
	in := &input{closed: wasClosed(0)}
	out := &output{file: os.Stdout, closed: wasClosed(1)}
	diag := &diagnostics{name: name, file: os.Stderr, closed: wasClosed(2), out: out}
	return &program{name: name, in: in, out: out, diag: diag}
}

// work does what the command line asks for.
func (p *program) work(s settings) exitStatus {
	if s.jobs > 0 && s.jobs < runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(s.jobs) // readers keep to them as well
	}
	if s.check || s.recursive || s.files0From != nil || !plain(s.operands) || s.output != nil {
		p.diag.learnLocale()
	}
	if s.output != nil {
		if err := p.redirect(*s.output); err != nil {
			p.diag.aboutFile(*s.output, strerror(err))
			return failure
		}
	}
	var base *reader.Folder
	if dir := s.base(); dir != "" {
		var err error
		if base, err = reader.OpenFolder(nil, dir, s.rule()); err != nil {
			p.diag.learnLocale()
			p.diag.say("cannot change directory to " + p.diag.quoteAlways(dir) + ": " + strerror(err))
			return failure
		}
		defer base.Close()
	}
	p.own = p.ownFiles()
	told, err := p.reportsFor(s)
	if err != nil {
		return failure // said already
	}
	var a *audit
	if s.audit != nil {
		a = newAudit()
	}
	m := modeFor(s, told, a)
	// Neither source nor sink ever fails: whatever goes wrong is reported in its
	// place and the rest is still done. What can fail is to begin.
	var used pipeline.Used
	p.beside.from = p.sourceFor(s, base, a)
	err = pipeline.Run(context.Background(), &p.beside, m, pipeline.Options{
		Algorithm: s.algorithms[0],
		Workers:   s.jobs,
		Files:     s.ioJobs,
		IO:        s.io,
		DropCache: s.dropCache,
		Barriers:  p.own.streams,
		Exclude:   p.own.target,
		Used:      &used,
	})
	if err != nil && err != errFailFast {
		p.diag.say("cannot set up io_uring: " + strerror(err))
		return failure
	}
	if p.target != nil {
		p.target.ended = true
	}
	if s.debug {
		p.explain(used)
	}
	return m.finish()
}

// base is the folder in which names are looked up, or "" if it is just where our
// caller is.
func (s *settings) base() string {
	if s.directory == "" && s.beneath {
		return "." // to be known by a descriptor
	}
	return s.directory
}

// rule is the rule by which names in that folder are opened.
func (s *settings) rule() reader.Rule {
	if s.beneath {
		return reader.Beneath
	}
	return reader.Anything
}

// explain says what --debug wants to know.
func (p *program) explain(used pipeline.Used) {
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
		p.diag.say(line.did + with)
	}
}

// redirect has what is printed go to a file.
func (p *program) redirect(name string) error {
	t, err := openTarget(name)
	if err != nil {
		return err
	}
	p.target = t
	p.out.file, p.out.closed, p.out.unseen = t.file, false, t.path != ""
	return nil
}

// modeFor returns the mode that the command line asks for.
func modeFor(s settings, told reports, a *audit) mode {
	j := judge{algorithm: s.algorithms[0], reports: told}
	if !s.check {
		return &printer{j}
	}
	return &checker{
		judge:  j,
		strict: s.strict, ignoreMissing: s.ignoreMissing,
		failFast: s.failFast, required: newRequirements(s.require), audit: a,
	}
}

// reportsFor returns the reports that the command line asks for, ready to be told.
// If one of them can't be, it says so.
func (p *program) reportsFor(s settings) (reports, error) {
	told := reports{newGNUMessages(p.diag, s)}
	if s.json {
		told = append(told, newJSONLines(p, s))
	} else {
		told = append(told, newGNULines(p.out, s))
	}
	if s.explain {
		told = append(told, newExplainer(p.diag, &p.beside, s))
	}
	return told, nil
}

// broken reports whether something that was printed is known to have got lost:
// whatever became of the files, the exit status is 1 then.
func (p *program) broken() bool { return p.out.failed != nil || p.diag.failed }

// finish closes the standard streams, or the file in place of standard output,
// reports what went wrong with them as GNU does at exit, and returns the process's
// exit status.
func (p *program) finish(status exitStatus) exitStatus {
	if err := p.in.close(); err != nil {
		p.diag.say("standard input: " + strerror(err))
		status = failure
	}
	if p.target != nil {
		p.out.flush()
		if text := p.target.close(p.out.failed); text != "" {
			p.diag.aboutFile(p.target.name, text)
			status = failure
		}
	} else if text := p.out.close(); text != "" {
		p.diag.say(text)
		status = failure
	}
	if p.broken() {
		status = failure
	}
	return status
}
