package main

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/urfave/cli/v2"
)

// settings are what the modes need to know of the command line.
type settings struct {
	check, tag, zero, binary, strict, ignoreMissing bool
	warn, quiet, status                             bool

	choices

	recursive, follow, oneFileSystem bool
	files0From, output, cache        *string // nil: not given
	relativeToManifest, beneath      bool
	json, explain, failFast, force   bool
	audit                            *string // nil: not given

	debug     bool
	jobs      int // 0: as many as there are processors
	ioJobs    int // 0: as many as keep them busy
	io        pipeline.IO
	dropCache bool
	progress  string // when it is shown; "": as the program's name has it
	operands  []string
}

// run carries out a command line, the program's name first, and returns the
// process's exit status.
//
// urfave/cli's own parser reads many command lines otherwise than getopt_long
// does, so it never sees the original words: readCommandLine decides what they
// mean, and the app gets them in a form that has only one reading.
func run(args []string) exitStatus {
	began := inherited()
	began.Restore()
	if len(args) == 0 {
		args = []string{""} // execve allows it
	}
	return newProgram(args[0], began).run(args[1:])
}

// run is run of the words behind the program's name.
func (p *program) run(words []string) exitStatus {
	_, posixlyCorrect := os.LookupEnv("POSIXLY_CORRECT")
	if text := foreignName(p.name, ourPaths()); text != "" {
		p.diag.Say(text)
		return p.finish(failure)
	}
	tool := toolNamed(p.name, ourPaths())
	req, err := readCommandLine(tool, words, posixlyCorrect)
	switch {
	case err != nil:
		if wanted, json := wantsFence(tool, words, posixlyCorrect); wanted {
			p.raiseFence(json)
		}
		hint := ""
		if isOwnName(p.name, ourPaths()) {
			hint = suggestion(tool, err)
		}
		return p.finish(p.usage(err, hint))
	case req.help:
		p.out.Add(helpText(p.name, tool))
		return p.finish(success)
	case req.version:
		p.out.Add(versionText())
		return p.finish(success)
	}
	status := success
	given := req.given()
	app := newApp(p.name, given, func(s settings) {
		s.choices = req.choices
		status = p.work(s)
	})
	if err := app.Run(canonical(p.name, given, req.operands)); err != nil {
		status = p.usage(err, "")
	}
	return p.finish(status)
}

// usage prints what is wrong with the command line, a hint unless it is "", and where to
// find help.
func (p *program) usage(err error, hint string) exitStatus {
	d := p.diag
	var bad argumentError
	if errors.As(err, &bad) {
		d.LearnLocale()
		for _, line := range bad(d.QuotedByLocale) {
			d.Say(line)
		}
		return failure
	}
	d.Say(err.Error())
	if hint != "" {
		d.Say(hint)
	}
	d.SayAsIs("Try '" + p.name + " --help' for more information.\n")
	return failure
}

// newApp returns the command line as urfave/cli sees it. do is called with the
// settings, but for the choices. The app knows the options that were given and no
// others: cli matches the name of each that it knows with a regular expression, many
// times, and what it doesn't know is not set.
func newApp(name string, given []givenOption, do func(settings)) *cli.App {
	cli.HelpFlag = nil // or cli looks for it, among the options that it doesn't know
	app := &cli.App{
		Name:                      name,
		Compiled:                  time.Unix(1, 0), // else cli looks for the program's file
		HideHelp:                  true,
		HideVersion:               true,
		DisableSliceFlagSeparator: true,
		Writer:                    io.Discard,
		ErrWriter:                 io.Discard,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			do(settingsOf(c))
			return nil
		},
	}
	known := map[string]bool{}
	for _, o := range given {
		switch {
		case known[o.name]:
		case o.takesArg:
			app.Flags = append(app.Flags, &cli.StringFlag{Name: o.name})
		default:
			app.Flags = append(app.Flags, &cli.BoolFlag{Name: o.name})
		}
		known[o.name] = true
	}
	return app
}

func settingsOf(c *cli.Context) settings {
	s := settings{
		check:         c.Bool("check"),
		tag:           c.Bool("tag"),
		zero:          c.Bool("zero"),
		binary:        c.Bool("binary"),
		strict:        c.Bool("strict"),
		ignoreMissing: c.Bool("ignore-missing"),
		warn:          c.Bool("warn"),
		quiet:         c.Bool("quiet"),
		status:        c.Bool("status"),
		recursive:     c.Bool("recursive"),
		follow:        c.Bool("follow"),
		oneFileSystem: c.Bool("one-file-system"),
		beneath:       c.Bool("beneath"),
		json:          c.Bool("json"),
		explain:       c.Bool("explain"),
		failFast:      c.Bool("fail-fast"),
		force:         c.Bool("force"),
		debug:         c.Bool("debug"),
		dropCache:     c.Bool("drop-cache"),
		progress:      c.String("progress"),
		operands:      c.Args().Slice(),
	}
	// readCommandLine has seen to it that these are valid.
	s.relativeToManifest = c.IsSet("relative-to")
	for name, value := range map[string]**string{
		"files0-from": &s.files0From, "output": &s.output, "audit": &s.audit, "cache": &s.cache,
	} {
		if c.IsSet(name) {
			*value = new(c.String(name))
		}
	}
	if c.IsSet("jobs") {
		s.jobs, _ = parseNumber(c.String("jobs"))
	}
	if c.IsSet("io-jobs") {
		s.ioJobs, _ = parseNumber(c.String("io-jobs"))
	}
	if c.IsSet("io") {
		s.io, _ = parseIO(c.String("io"))
	}
	return s
}
