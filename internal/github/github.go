// Package github reports to the runner of GitHub Actions, and prevents it from executing
// commands in the program's output: see StopCommands.
//
// It knows the runner's commands, files and variables, and the Markdown of its pages. It
// knows no options and makes no decisions.
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

// A github is the report for GitHub Actions: annotations, which are commands that are
// held back until the runner executes commands again, a summary of the step, and the
// totals as outputs of the step. The summary and the outputs are written only if the
// runner's variables name files for them.
type github struct {
	stopped        *StopCommands
	diag           *console.Messages
	strict         bool
	paths          annotatedPaths
	summary        *os.File // the file $GITHUB_STEP_SUMMARY, to append to; nil: none
	outputs        *os.File // the file $GITHUB_OUTPUT; nil: none
	errors, warned uint64
	commands, rows []byte
	omitted        uint64 // failures that have no row
}

const (
	// maxAnnotations is the maximum number of annotated errors, and of warnings. GitHub
	// shows ten of each kind per step, one of which is the runner's own "Process
	// completed with exit code 1".
	maxAnnotations = 9
	// maxRows is the maximum size in bytes of the summary's table of failures. GitHub
	// drops a summary of more than 1 MiB, and other commands of the step may add to it.
	maxRows = 64 << 10
	// maxShown is the number of bytes shown of a name or a message.
	maxShown = 300
)

// Options are what the report needs to know about the command line.
type Options struct {
	Strict    bool
	Directory string // where names are looked up
	// PerManifest means that names are relative to their manifest's directory.
	PerManifest bool
}

// New returns the report. The runner's commands must be stopped.
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
			// The file doesn't exist, so annotate the line that lists it.
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

// full counts a failure and returns true if the annotations and the table are full, so
// that the caller doesn't format it in vain.
func (g *github) full() bool {
	if g.errors < maxAnnotations || g.omitted == 0 {
		return false
	}
	g.errors++
	g.omitted++
	return true
}

// failed adds a failure that makes the exit status 1.
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

// An annotation is a message that GitHub shows beside a file, or with the step if it has
// no file.
type annotation struct {
	file  string // its path as returned by annotatedPaths; "": none
	line  uint64 // 0: none
	about string // prefix of the message
	text  string
}

// append appends the annotation's command. kind is error, warning or notice.
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

// commandData escapes text for a command's message.
func commandData(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

// commandProperty escapes text for a command's parameter.
func commandProperty(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(text)
}

// shown returns text with control characters made visible, cut off if it is long.
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

// annotatedPaths maps files to the paths that annotations use: relative to the workspace,
// where the repository is checked out.
type annotatedPaths struct {
	workspace   string // "": names are used unchanged
	working     string // the working directory
	directory   string // where names are looked up
	perManifest bool   // names are relative to their manifest's directory instead
}

func newAnnotatedPaths(o Options) annotatedPaths {
	working, err := os.Getwd()
	if err != nil {
		working = "" // then no relative name is below the workspace
	}
	return annotatedPaths{os.Getenv("GITHUB_WORKSPACE"), working, o.Directory, o.PerManifest}
}

// of returns the path of the file called name, in a manifest if that is not "". It
// returns "" if the file has no such path.
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
	const longest = 4096 // PATH_MAX
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

// outputsOf returns the totals as outputs of the step. They contain only digits and need
// no delimiters. The last two repeat values under their former names.
func outputsOf(t *report.Totals) (b []byte) {
	counts := countsOf(&t.Tally)
	counts = append(counts, count{"mismatched", t.Of[report.Mismatch]}, count{"forgiven", t.Ignored})
	for _, c := range counts {
		b = fmt.Appendf(b, "%s=%d\n", c.what, c.n)
	}
	return b
}

// A count is a number of findings or lines.
type count struct {
	what string
	n    uint64
}

// countsOf returns the counts of a tally; ignored files don't count as missing.
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
