package main

import (
	"errors"
	"os"

	"github.com/psha1sum/psha1sum/internal/cli"
	"github.com/psha1sum/psha1sum/internal/reports"
)

// run executes the command line args, whose first element is the program's name, and
// returns the exit status.
func run(args []string) exitStatus {
	began := inherited()
	began.Restore()
	if len(args) == 0 {
		args = []string{""} // execve allows it
	}
	return newProgram(args[0], began).run(args[1:])
}

// run executes the words that follow the program's name.
func (p *program) run(words []string) exitStatus {
	_, posixlyCorrect := os.LookupEnv("POSIXLY_CORRECT")
	if text := cli.ForeignName(p.name); text != "" {
		p.diag.Say(text)
		return p.finish(failure)
	}
	tool := cli.ToolNamed(p.name)
	tool.Reports = reports.Words()
	r, err := cli.Parse(tool, words, posixlyCorrect)
	switch {
	case err != nil:
		if stops, json := cli.StopsCommands(tool, words, posixlyCorrect); stops {
			p.stopCommands(json)
		}
		hint := ""
		if cli.IsOwnName(p.name) {
			hint = cli.Suggestion(tool, err)
		}
		return p.finish(p.usage(err, hint))
	case r.Help:
		p.out.Add(cli.Help(p.name, tool))
		return p.finish(success)
	case r.Version:
		p.out.Add(versionText())
		return p.finish(success)
	}
	return p.finish(p.work(r))
}

// usage prints the error in the command line, then hint unless it is empty, then where to
// find help.
func (p *program) usage(err error, hint string) exitStatus {
	d := p.diag
	var bad cli.ArgumentError
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
