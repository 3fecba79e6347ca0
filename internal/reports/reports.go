// Package reports is the table of the kinds of --report: the name, the help text and the
// constructor of each. To add one, add a line to Kinds and a type that implements
// report.Report.
//
// It knows no option other than --report, and neither what reports are told nor when.
package reports

import (
	"slices"

	"github.com/psha1sum/psha1sum/internal/atomicfile"
	"github.com/psha1sum/psha1sum/internal/cli"
	"github.com/psha1sum/psha1sum/internal/console"
	"github.com/psha1sum/psha1sum/internal/formats"
	"github.com/psha1sum/psha1sum/internal/github"
	"github.com/psha1sum/psha1sum/internal/report"
)

// A Kind is a kind of report.
type Kind struct {
	cli.ReportKind // its name and syntax on the command line
	// New returns a new report. If the report has a file the error concerns that file;
	// otherwise it is a complete message.
	New func(o Options) (report.Report, error)
	// IsReport reports whether a file's text, split into whole lines and an incomplete
	// last line, is such a report of an earlier run. It is nil if reports of this kind
	// aren't files.
	IsReport func(lines, rest []byte) bool
}

// Options are what a report may need to know about the run.
type Options struct {
	Messages *console.Messages
	File     *atomicfile.File     // if the kind is ToFile
	Commands *github.StopCommands // if the kind is StopsCommands

	Strict    bool
	Directory string // where names are looked up
	// PerManifest means that names are relative to their manifest's directory.
	PerManifest bool
}

//go:generate go run ../../scripts/internal/lists

// Kinds are all kinds of reports, in the order of the help.
var Kinds = []Kind{
	{cli.ReportKind{Name: "junit", ToFile: true, Does: "writes FILE for readers of JUnit's format"}, newJUnit, formats.IsJUnit},
	{cli.ReportKind{Name: "github", StopsCommands: true, Does: "annotates"}, newGitHub, nil},
}

func newJUnit(o Options) (report.Report, error) {
	return formats.NewJUnit(o.Messages, o.File, o.Strict)
}

func newGitHub(o Options) (report.Report, error) {
	return github.New(o.Messages, o.Commands, github.Options{
		Strict: o.Strict, Directory: o.Directory, PerManifest: o.PerManifest,
	})
}

// Named returns the kind called name, which must exist.
func Named(name string) *Kind {
	return &Kinds[slices.IndexFunc(Kinds, func(k Kind) bool { return k.Name == name })]
}

// Words returns what the command line needs to know about the kinds.
func Words() (words []cli.ReportKind) {
	for i := range Kinds {
		words = append(words, Kinds[i].ReportKind)
	}
	return words
}

// Earlier returns the functions that recognize reports of earlier runs.
func Earlier() (known []func(lines, rest []byte) bool) {
	for i := range Kinds {
		if is := Kinds[i].IsReport; is != nil {
			known = append(known, is)
		}
	}
	return known
}
