// Package github is the report to the runner of GitHub Actions, and keeps it from taking
// what is printed for commands: see StopCommands.
//
// It knows the runner's commands, files and variables, and the Markdown of its pages.
// It knows no option, and decides on nothing.
package github

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/psha1sum/psha1sum/internal/console"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/internal/quote"
	"github.com/psha1sum/psha1sum/internal/report"
)

// A github is the report for GitHub Actions: annotations, which are commands to the
// runner and wait until it follows them again, a summary of the step, and the totals
// as its outputs. What no variable of the runner names a file for isn't made.
type github struct {
	stopped        *StopCommands
	diag           *console.Messages
	strict         bool
	paths          annotatedPaths
	summary        *os.File // $GITHUB_STEP_SUMMARY, to append to; nil: none
	outputs        *os.File // $GITHUB_OUTPUT
	errors, warned uint64
	commands, rows []byte
	omitted        uint64 // failures for which there is no row
}

const (
	// maxAnnotations is how many errors are annotated, and how many warnings. Of a
	// step GitHub shows ten of each kind; the runner's own "Process completed with
	// exit code 1" is to be among them.
	maxAnnotations = 9
	// maxRows is the size of the summary's table of failures. GitHub drops a summary
	// of more than 1 MiB, and other commands of the step may add to it.
	maxRows = 64 << 10
	// maxShown is how much is shown of a name or a message.
	maxShown = 300
)

// Options are what the report has to know of the command line.
type Options struct {
	Strict    bool
	Directory string // in which names are looked up
	// PerManifest says that they are looked up in their manifest's directory.
	PerManifest bool
}

// New returns the report to the runner, which follows no commands now.
func New(diag *console.Messages, stopped *StopCommands, o Options) (report.Report, error) {
	g := &github{stopped: stopped, diag: diag, strict: o.Strict, paths: newAnnotatedPaths(o)}
	for _, to := range []struct {
		variable string
		file     **os.File
	}{{"GITHUB_STEP_SUMMARY", &g.summary}, {"GITHUB_OUTPUT", &g.outputs}} {
		name := os.Getenv(to.variable)
		if name == "" {
			continue
		}
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
		if err != nil {
			return nil, fmt.Errorf("%s: %s", diag.Quoted(name), gnu.Strerror(err))
		}
		*to.file = f
	}
	return g, nil
}

func (g *github) Found(f *report.Finding) {
	if f.Verdict == report.Computed || f.Verdict == report.Verified || f.Ignored || g.full() {
		return
	}
	a := annotation{file: g.paths.of(f.Name, f.Manifest), about: f.Name}
	r := row{file: f.Name, manifest: f.Manifest}
	switch f.Verdict {
	case report.Mismatch:
		r.expected, r.actual = hex.EncodeToString(f.Line.Digest()), hex.EncodeToString(f.Digest)
		r.what = gnu.NoMatch
		a.text = r.what + ": expected " + f.Algorithm.Tag + " " + r.expected + ", got " + r.actual
	case report.Missing, report.Unreadable:
		r.what = gnu.Strerror(f.Err)
		a.text = r.what
		if f.Verdict == report.Missing && f.Line != nil {
			// There is no file to put it beside.
			a.file, a.line = g.paths.ofManifest(f.Manifest), f.Line.Number
		}
	case report.New:
		r.what = f.NotListed()
		a.text = r.what
	case report.Moved:
		r.what = "moved from " + f.From
		a.text = r.what
	default:
		return
	}
	g.failed(a, r)
}

func (g *github) Malformed(m *report.Malformed) {
	if g.strict && g.full() {
		return
	}
	a := annotation{file: g.paths.ofManifest(m.Manifest), line: m.Line}
	a.about = m.Manifest + ":" + strconv.FormatUint(m.Line, 10)
	a.text = gnu.BadLine("")
	if g.strict {
		g.failed(a, row{file: "line " + strconv.FormatUint(m.Line, 10), manifest: m.Manifest, what: a.text})
		return
	}
	if g.warned++; g.warned <= maxAnnotations {
		g.commands = a.append(g.commands, "warning")
	}
}

func (g *github) Ended(s *report.Summary) {
	if text := s.Complaint(); text != "" {
		a := annotation{file: g.paths.ofManifest(s.Manifest), about: s.Manifest, text: text}
		g.failed(a, row{manifest: s.Manifest, what: text})
	}
}

func (g *github) Remarked(r *report.Remark) {
	if r.Failed {
		g.failed(annotation{about: r.About, text: r.Text}, row{file: r.About, what: r.Text})
	}
}

func (g *github) Ready() {}

func (g *github) Finished(t *report.Totals) {
	if rest := g.errors - min(g.errors, maxAnnotations); rest > 0 {
		g.commands = annotation{text: strconv.FormatUint(rest, 10) + " more failures, not annotated"}.append(g.commands, "notice")
	}
	g.stopped.commands = append(g.stopped.commands, g.commands...)
	for _, to := range []struct {
		file *os.File
		text []byte
	}{{g.summary, g.page(t)}, {g.outputs, outputsOf(t)}} {
		if to.file == nil {
			continue
		}
		err := process.WriteAll(to.file, to.text)
		if err = cmp.Or(err, to.file.Close()); err != nil {
			g.diag.About(to.file.Name(), "write error: "+gnu.Strerror(err))
			t.Failed = true
		}
	}
}

// full counts a failure and returns true if the annotations and the table are full: of
// millions none is put into words for nothing.
func (g *github) full() bool {
	if g.errors < maxAnnotations || g.omitted == 0 {
		return false
	}
	g.errors++
	g.omitted++
	return true
}

// failed notes what makes the exit status 1.
func (g *github) failed(a annotation, r row) {
	if g.full() {
		return
	}
	if g.errors++; g.errors <= maxAnnotations {
		g.commands = a.append(g.commands, "error")
	}
	mark := len(g.rows)
	g.rows = r.append(g.rows)
	if len(g.rows) > maxRows {
		g.rows = g.rows[:mark]
		g.omitted++
	}
}

// An annotation is a message that GitHub shows beside a file, or if it knows of none
// with the step.
type annotation struct {
	file  string // as annotatedPaths has it; "": none
	line  uint64 // 0: none
	about string // what the message begins with
	text  string
}

// append appends the command that makes it. kind is error, warning or notice.
func (a annotation) append(b []byte, kind string) []byte {
	b = append(append(append(b, "::"...), kind...), ' ')
	if a.file != "" {
		b = append(append(append(b, "file="...), commandProperty(a.file)...), ',')
		if a.line > 0 {
			b = append(strconv.AppendUint(append(b, "line="...), a.line, 10), ',')
		}
	}
	b = append(b, "title=psha1sum::"...)
	if a.about != "" {
		b = append(append(b, commandData(shown(a.about))...), ": "...)
	}
	return append(append(b, commandData(shown(a.text))...), '\n')
}

// commandData is text as the runner reads a command's message.
func commandData(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

// commandProperty is text as the runner reads a command's argument.
func commandProperty(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(text)
}

// shown is what can be seen of a name or a message, which may be cut short.
func shown(text string) string {
	cut := text
	if len(text) > maxShown {
		cut = strings.ToValidUTF8(text[:maxShown], "")
		if !utf8.ValidString(text) {
			cut = text[:maxShown]
		}
	}
	if len(cut) < len(text) {
		return quote.Visible(cut) + "[...]"
	}
	return quote.Visible(text)
}

// annotatedPaths says what annotations call files: by their path below the
// workspace, which is where the repository is checked out.
type annotatedPaths struct {
	workspace   string // "": names are taken as they are
	working     string // directory
	directory   string // of the names
	perManifest bool   // each manifest's directory is that
}

func newAnnotatedPaths(o Options) annotatedPaths {
	working, err := os.Getwd()
	if err != nil {
		working = "" // nothing is below the workspace then
	}
	return annotatedPaths{os.Getenv("GITHUB_WORKSPACE"), working, o.Directory, o.PerManifest}
}

// of returns the path of what is called name in a manifest, or without one, or "".
func (p annotatedPaths) of(name, manifest string) string {
	if name == "-" {
		return ""
	}
	directory := p.directory
	if p.perManifest {
		directory = filepath.Dir(manifest)
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(directory, name)
	}
	return p.below(name)
}

func (p annotatedPaths) ofManifest(name string) string {
	if name == "-" || name == "standard input" {
		return ""
	}
	return p.below(name)
}

func (p annotatedPaths) below(name string) string {
	const longest = 4096 // of what the system can open
	if name == "" || len(name) > longest || !utf8.ValidString(name) {
		return ""
	}
	if p.workspace == "" {
		return name
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(p.working, name)
	}
	path, err := filepath.Rel(p.workspace, name)
	if err != nil || !filepath.IsLocal(path) {
		return ""
	}
	return filepath.ToSlash(path)
}

// outputsOf are the totals as outputs of the step. There are only digits in them, so
// that they need no delimiters. Behind them are two by names that they had once.
func outputsOf(t *report.Totals) (b []byte) {
	counts := countsOf(&t.Tally)
	counts = append(counts, count{"mismatched", t.Of[report.Mismatch]}, count{"forgiven", t.Ignored})
	for _, c := range counts {
		b = fmt.Appendf(b, "%s=%d\n", c.what, c.n)
	}
	return b
}

// A count is a number of findings, or of lines.
type count struct {
	what string
	n    uint64
}

// countsOf are a tally's numbers; what is ignored is not among the missing.
func countsOf(t *report.Tally) (counts []count) {
	for verdict, n := range t.Of {
		v := report.Verdict(verdict)
		if v == report.Missing {
			n -= t.Ignored
		}
		counts = append(counts, count{v.String(), n})
	}
	return append(counts, count{"ignored", t.Ignored}, count{"malformed", t.Malformed})
}
