// Package reports has the kinds of --report: what each is called, what the help says of
// it, and how it is made. A new one is a line of Kinds, and whatever implements
// report.Report.
//
// It knows no option but --report, and neither what is told to a report nor when.
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
	cli.ReportKind // what the command line calls it
	// New makes one that is ready to be told. The error is about the report's file, if it
	// has one, and else all that is to be said.
	New func(o Options) (report.Report, error)
	// IsReport reports whether a file holds such a report of an earlier run, by its whole
	// lines and the beginning of another behind them. nil: there are none in files.
	IsReport func(lines, rest []byte) bool
}

// Options are what a report may have to know of the run.
type Options struct {
	Messages *console.Messages
	File     *atomicfile.File     // of a kind that goes ToFile
	Commands *github.StopCommands // of a kind that StopsCommands

	Strict    bool
	Directory string // in which names are looked up
	// PerManifest says that they are looked up in their manifest's directory.
	PerManifest bool
}

//go:generate go run ../../scripts/internal/lists

// Kinds are all there are, in the order in which they are listed for users.
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

// Named returns the kind of that name, which there is.
func Named(name string) *Kind {
	return &Kinds[slices.IndexFunc(Kinds, func(k Kind) bool { return k.Name == name })]
}

// Words are what the command line has to know of them.
func Words() (words []cli.ReportKind) {
	for i := range Kinds {
		words = append(words, Kinds[i].ReportKind)
	}
	return words
}

// Earlier are what knows reports of earlier runs.
func Earlier() (known []func(lines, rest []byte) bool) {
	for i := range Kinds {
		if is := Kinds[i].IsReport; is != nil {
			known = append(known, is)
		}
	}
	return known
}
