// Package report has what is told of a run: what became of files, of lines and of whole
// manifests, remarks, and the totals. Who makes a report of it implements Report;
// reports know nothing of each other.
//
// It knows neither how a verdict comes about nor how it is written, where or to whom.
package report

import (
	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/manifest"
	"github.com/psha1sum/psha1sum/reader"
)

// A Report is told what became of things, in order, by one goroutine. Types that
// care for some of it embed Nop for the rest.
type Report interface {
	// Found tells what became of a file, or with --check of a line that lists it.
	Found(f *Finding)
	// Malformed tells of a line that is no entry.
	Malformed(m *Malformed)
	// Ended tells what became of a manifest, behind its last line.
	Ended(s *Summary)
	// Remarked tells what has to do with no file in particular.
	Remarked(r *Remark)
	// Ready is called when nothing more is to be told for the moment: whoever
	// keeps something back lets it go.
	Ready()
	// Finished is called once, at the end.
	Finished(t *Totals)
}

// A Verdict is what became of a file, or of a line that lists it.
type Verdict uint8

const (
	Computed   Verdict = iota // without --check: here is the digest
	Verified                  // the digest is the listed one
	Mismatch                  // it isn't
	Missing                   // there is no such file
	Unreadable                // there is, but it could not be opened or read

	// With --audit, of files that no manifest lists.
	New
	Moved // it is what a missing file should be

	verdicts = iota // is their number
)

// String is the word for a verdict, and for how many there are of it, in all that
// programs read: JSON, JUnit's types, GitHub's outputs.
func (v Verdict) String() string { return words[v] }

var words = [verdicts]string{
	Computed: "computed", Verified: "verified", Mismatch: "mismatch", Missing: "missing", Unreadable: "unreadable",
	New: "new", Moved: "moved",
}

// A Finding is a verdict and what belongs to it. It and what it points to are the
// report's only during the call.
//
// A file of which several digests were asked for has as many findings, one behind
// the other.
type Finding struct {
	Verdict   Verdict
	Name      string
	Algorithm *hasher.Algorithm // nil without a line, if the file was not read
	Digest    []byte            // nil if the file was not read
	Err       error             // why it was not
	Ignored   bool              // missing, which is as it may be
	Again     bool              // the finding before was of the same file
	From      string            // with moved, what the manifest calls it

	// With --check.
	Manifest string         // as messages name it; "" with --expect
	Line     *manifest.Line // nil without
	At       Location       // where the file is
}

// NotListed says what is wrong with a file that is new, and why nobody knows if it
// was moved.
func (f *Finding) NotListed() string {
	if f.Err != nil {
		return "no manifest lists it: " + gnu.Strerror(f.Err)
	}
	return "no manifest lists it"
}

// A Location is where a file was looked up, for reports that look at it again. It is
// open as long as the manifest hasn't ended.
type Location struct {
	In   *reader.Dir
	Path string // "": standard input, which nobody can read twice
}

// A Malformed is a line that is no entry.
type Malformed struct {
	Manifest string
	Line     uint64
	Text     string // the beginning of it, if a report wants to know
	Stdin    bool   // the manifest is standard input
}

// A Tally counts findings by their verdict, and malformed lines.
type Tally struct {
	Of        [verdicts]uint64 // findings, by their verdict
	Ignored   uint64           // of those that are missing
	Malformed uint64           // lines
}

// Add counts a finding.
func (t *Tally) Add(f *Finding) {
	t.Of[f.Verdict]++
	if f.Ignored {
		t.Ignored++
	}
}

// NotRead is the number of lines whose file could not be read, and should have
// been.
func (t *Tally) NotRead() uint64 { return t.Of[Missing] + t.Of[Unreadable] - t.Ignored }

// WellFormed is the number of lines that are entries.
func (t *Tally) WellFormed() uint64 {
	return t.Of[Verified] + t.Of[Mismatch] + t.Of[Missing] + t.Of[Unreadable]
}

// A Summary is what became of a manifest.
type Summary struct {
	Manifest   string // as messages name it; "" if the line was given
	FromExpect bool   // its one line is of the command line
	Stopped    bool   // the run ends before its lines do
	ReadError  string // why its lines came to an end, if not by themselves
	Passed     bool   // the exit status needn't be 1 because of it
	Lines      uint64 // comments and empty ones included
	Tally
}

// Complaint is what is wrong with the manifest as a whole, or "". What is wrong with
// its lines is told of each.
func (s *Summary) Complaint() string {
	switch {
	case s.ReadError != "":
		return s.ReadError
	case s.Stopped:
		return "" // nobody knows what would have come
	case s.WellFormed() == 0:
		return gnu.NoLines
	case s.WellFormed() == s.Ignored:
		return gnu.NoneVerified
	}
	return ""
}

// Totals are what became of everything.
type Totals struct {
	Tally
	Manifests uint64
	Failed    bool // the exit status says so
}

// A Remark is something to be said in its place among the results.
type Remark struct {
	About  string // a file's name, or "" if text says it all
	Text   string
	Failed bool // what was asked for could not be done
}

// Nop is a report that says nothing.
type Nop struct{}

func (Nop) Found(*Finding)       {}
func (Nop) Malformed(*Malformed) {}
func (Nop) Ended(*Summary)       {}
func (Nop) Remarked(*Remark)     {}
func (Nop) Ready()               {}
func (Nop) Finished(*Totals)     {}

// Reports passes on to each of several, in their order.
type Reports []Report

func (all Reports) Found(f *Finding) {
	for _, r := range all {
		r.Found(f)
	}
}

func (all Reports) Malformed(m *Malformed) {
	for _, r := range all {
		r.Malformed(m)
	}
}

func (all Reports) Ended(s *Summary) {
	for _, r := range all {
		r.Ended(s)
	}
}

func (all Reports) Remarked(m *Remark) {
	for _, r := range all {
		r.Remarked(m)
	}
}

func (all Reports) Ready() {
	for _, r := range all {
		r.Ready()
	}
}

// GiveUp tells that the run can't begin, and why.
func (all Reports) GiveUp(why string) {
	all.Remarked(&Remark{Text: why, Failed: true})
	all.Finished(&Totals{Failed: true})
}

func (all Reports) Finished(t *Totals) {
	for _, r := range all {
		r.Finished(t)
	}
}
