// Package report defines the results of a run that reports receive: findings about files
// and malformed lines, summaries of manifests, remarks, and totals. Reports implement
// Report and are independent of each other.
//
// The package knows neither how a verdict is reached nor how, where or to whom it is
// written.
package report

import (
	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/manifest"
	"github.com/psha1sum/psha1sum/reader"
)

// A Report receives the results of a run in order, on one goroutine. Types that need only
// some of them embed Nop.
type Report interface {
	// Found reports the result for a file, or with --check for a line that lists it.
	Found(f *Finding)
	// Malformed reports a line that is not a checksum line.
	Malformed(m *Malformed)
	// Ended reports the result for a manifest, after its last line.
	Ended(s *Summary)
	// Remarked reports something that doesn't concern a single file.
	Remarked(r *Remark)
	// Ready is called when no more results are available for now: reports write what they
	// have buffered.
	Ready()
	// Finished is called once, at the end.
	Finished(t *Totals)
}

// A Verdict is the result for a file, or for a line that lists it.
type Verdict uint8

const (
	Computed   Verdict = iota // without --check: the digest was computed
	Verified                  // the digest matches the listed one
	Mismatch                  // it doesn't
	Missing                   // the file doesn't exist
	Unreadable                // it exists but could not be opened or read

	// With --audit, for files that no manifest lists.
	New
	Moved // its contents are those of a missing file

	verdicts = iota // the number of verdicts
)

// String returns the word for a verdict, and for its count, in all machine-readable
// output: JSON, JUnit's types, GitHub's outputs.
func (v Verdict) String() string { return words[v] }

var words = [verdicts]string{
	Computed: "computed", Verified: "verified", Mismatch: "mismatch", Missing: "missing", Unreadable: "unreadable",
	New: "new", Moved: "moved",
}

// A Finding is a verdict with its details. It and everything it points to are valid only
// during the call.
//
// A file hashed by several algorithms has a finding for each, in succession.
type Finding struct {
	Verdict   Verdict
	Name      string
	Algorithm *hasher.Algorithm // nil if there is no line and the file was not read
	Digest    []byte            // nil if the file was not read
	Err       error             // why the file was not read
	Ignored   bool              // the file is missing, and that is allowed
	Again     bool              // the previous finding was about the same file
	From      string            // for Moved, the name in the manifest

	// With --check.
	Manifest string         // as in messages; "" with --expect
	Line     *manifest.Line // nil if there is none
	At       Location       // where the file is
}

// NotListed returns what is wrong with a new file, including why it could not be read to
// tell whether it was moved.
func (f *Finding) NotListed() string {
	if f.Err != nil {
		return "no manifest lists it: " + gnu.Strerror(f.Err)
	}
	return "no manifest lists it"
}

// A Location is where a file was looked up, for reports that read it again. In stays open
// until the end of the manifest.
type Location struct {
	In   *reader.Dir
	Path string // "": standard input, which can't be read again
}

// A Malformed is a line that is not a checksum line.
type Malformed struct {
	Manifest string
	Line     uint64
	Text     string // its beginning, if a report needs it
	Stdin    bool   // the manifest is standard input
}

// A Tally counts findings by verdict, and malformed lines.
type Tally struct {
	Of        [verdicts]uint64 // findings by verdict
	Ignored   uint64           // how many of Of[Missing] are ignored
	Malformed uint64           // lines
}

// Add counts a finding.
func (t *Tally) Add(f *Finding) {
	t.Of[f.Verdict]++
	if f.Ignored {
		t.Ignored++
	}
}

// NotRead returns the number of lines whose file could not be read, except ignored ones.
func (t *Tally) NotRead() uint64 { return t.Of[Missing] + t.Of[Unreadable] - t.Ignored }

// WellFormed returns the number of checksum lines.
func (t *Tally) WellFormed() uint64 {
	return t.Of[Verified] + t.Of[Mismatch] + t.Of[Missing] + t.Of[Unreadable]
}

// A Summary is the result for a manifest.
type Summary struct {
	Manifest   string // as in messages; "" with --expect
	FromExpect bool   // its only line is the argument of --expect
	Stopped    bool   // the run ended before its last line
	ReadError  string // why reading it failed, or ""
	Passed     bool   // it is no reason for exit status 1
	Lines      uint64 // including comments and empty lines
	Tally
}

// Complaint returns what is wrong with the manifest as a whole, or "". Failures of single
// lines are reported separately.
func (s *Summary) Complaint() string {
	switch {
	case s.ReadError != "":
		return s.ReadError
	case s.Stopped:
		return "" // the remaining lines are unknown
	case s.WellFormed() == 0:
		return gnu.NoLines
	case s.WellFormed() == s.Ignored:
		return gnu.NoneVerified
	}
	return ""
}

// Totals are the results of the whole run.
type Totals struct {
	Tally
	Manifests uint64
	Failed    bool // the exit status is not 0
}

// A Remark is a message to print in order with the results.
type Remark struct {
	About  string // a file's name, or "" if Text stands alone
	Text   string
	Failed bool // it is a failure
}

// Nop is a report that does nothing. Embed it to implement Report partially.
type Nop struct{}

func (Nop) Found(*Finding)       {}
func (Nop) Malformed(*Malformed) {}
func (Nop) Ended(*Summary)       {}
func (Nop) Remarked(*Remark)     {}
func (Nop) Ready()               {}
func (Nop) Finished(*Totals)     {}

// Reports passes everything on to several reports, in order.
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

// CannotBegin reports why the run can't begin.
func (all Reports) CannotBegin(why string) {
	all.Remarked(&Remark{Text: why, Failed: true})
	all.Finished(&Totals{Failed: true})
}

func (all Reports) Finished(t *Totals) {
	for _, r := range all {
		r.Finished(t)
	}
}
