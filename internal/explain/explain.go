package explain

import (
	"encoding/hex"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/algorithm"
	"github.com/psha1sum/psha1sum/internal/console"
	"github.com/psha1sum/psha1sum/internal/fdlimit"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/manifest"
	"github.com/psha1sum/psha1sum/reader"
)

// An explainer is the report of --explain. After each manifest it prints to standard
// error the details of its failures and their likely reasons.
//
// Until then it keeps the failures and 24 bytes for each line, since a file's digest may
// be listed by a later line. It then reads each failed file once more, which at most
// doubles the amount of data read.
type explainer struct {
	report.Nop
	diag            *console.Messages
	descriptors     *fdlimit.Budget
	accepted, known []manifest.Algorithm
	several         bool // more than one algorithm is accepted
	dropCache       bool
	pool            pool

	// The current manifest.
	listings listings
	failures []*failedFile
	open     *failedFile // the file of the previous finding, if it failed
	failed   int         // number of failed lines to explain
	more     uint64      // number of failed lines beyond maxExplained
	lines    []malformedLine
	names    nameFinder
}

const (
	// maxExplained is the number of failed lines explained for each manifest.
	maxExplained = 1000
	// MaxLines is the number of malformed lines explained for each manifest, based on the
	// first MaxText bytes of each.
	MaxLines = 10
	MaxText  = 4 << 10
)

// A failedFile is a file that failed, with its failed lines.
type failedFile struct {
	name  string
	at    report.Location
	err   error // why it could not be opened or read, or nil
	lines []failedLine
}

// A failedLine is a line whose file failed.
type failedLine struct {
	number           uint64
	algorithm        *hasher.Algorithm
	expected, actual []byte // actual is nil if the file wasn't read
}

// Options are what the report needs to know about the run.
type Options struct {
	Algorithms []*hasher.Algorithm
	Auto       bool // tags of other tools are accepted as well
	DropCache  bool
	Jobs       int // number of workers; 0: GOMAXPROCS
}

// New returns the report. It opens files within the limit of descriptors.
func New(diag *console.Messages, descriptors *fdlimit.Budget, o Options) *explainer {
	workers := o.Jobs
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return &explainer{
		diag:        diag,
		descriptors: descriptors,
		accepted:    algorithm.InManifests(o.Algorithms, o.Auto),
		known:       algorithm.InManifests(hasher.Algorithms, true),
		several:     len(o.Algorithms) > 1,
		dropCache:   o.DropCache,
		pool:        pool{workers: workers, sleep: descriptors.Sleep},
	}
}

func (e *explainer) Found(f *report.Finding) {
	if f.Line == nil {
		return
	}
	e.listings.add(f.Line)
	if !f.Again {
		e.open = nil
	}
	if f.Verdict == report.Verified || f.Ignored {
		return
	}
	if e.failed == maxExplained {
		e.more++
		return
	}
	e.failed++
	if e.open == nil {
		e.open = &failedFile{name: f.Name, at: f.At, err: f.Err}
		e.failures = append(e.failures, e.open)
	}
	e.open.lines = append(e.open.lines, failedLine{
		number: f.Line.Number, algorithm: f.Algorithm,
		expected: slices.Clone(f.Line.Digest()), actual: slices.Clone(f.Digest),
	})
}

// Ended explains the failures of a manifest, after GNU's messages about it.
func (e *explainer) Ended(s *report.Summary) {
	e.malformedLines(s)
	swaps := e.listings.swaps(e.failures)
	for _, f := range e.failures {
		e.failure(s, f, swaps)
	}
	if e.more > 0 {
		e.diag.About(s.Manifest, plural(e.more, "more failed line is", "more failed lines are")+" not explained")
	}
	e.pool.close()
	e.listings, e.failures, e.open, e.failed, e.more = listings{}, nil, nil, 0, 0
	e.lines, e.names = nil, nameFinder{}
}

// failure explains the failed lines of a file.
func (e *explainer) failure(s *report.Summary, f *failedFile, swaps swaps) {
	var look rereadResult
	var where []string
	if f.err == nil {
		look = e.pool.reread(f, e.descriptors, e.dropCache)
	} else {
		look.details, look.known, where = e.findMissing(f)
	}
	for i := range f.lines {
		line := &f.lines[i]
		rows := e.digests(line)
		if look.known {
			rows = append(rows, e.properties(&look.details)...)
		}
		text := e.diag.Quoted(f.name) + ": FAILED"
		if line.number > 0 { // 0: the line is the argument of --expect
			text = e.diag.Quoted(s.Manifest) + ": " + strconv.FormatUint(line.number, 10) + ": " + text
		}
		if f.err != nil {
			text += " open or read: " + gnu.Strerror(f.err)
			rows = append(rows, reasonRows(append(slices.Clone(where), e.elsewhere(swaps[line])...))...)
		} else {
			rows = append(rows, reasonRows(e.reasons(f, i, &look, swaps))...)
		}
		e.diag.Block(text, rows)
	}
}

// findMissing looks for a file that could not be opened. It opens directories, one at a
// time, and closes them again.
func (e *explainer) findMissing(f *failedFile) (d reader.Details, known bool, reasons []string) {
	err := e.descriptors.Retry(func() (err error) {
		d, known, reasons, err = e.names.find(f, e.diag.Quoted)
		return err
	})
	if err == nil {
		e.descriptors.Release()
	}
	return d, known, reasons
}

// digests returns rows with the expected and the actual digest.
func (e *explainer) digests(line *failedLine) []string {
	by := ""
	if e.several {
		by = " (" + algorithm.DisplayName(line.algorithm) + ")"
	}
	rows := []string{"expected: " + hex.EncodeToString(line.expected) + by}
	if line.actual != nil {
		rows = append(rows, "actual:   "+hex.EncodeToString(line.actual)+by)
	}
	return rows
}

// properties returns rows with a file's size and time of modification.
func (e *explainer) properties(d *reader.Details) (rows []string) {
	if d.Type == reader.RegularFile {
		rows = append(rows, "size:     "+plural(uint64(d.Size), "byte", "bytes"))
	}
	return append(rows, "modified: "+d.Modified.UTC().Format(time.RFC3339))
}

// reasonRows returns rows with reasons, the likeliest first.
func reasonRows(reasons []string) (rows []string) {
	for i, reason := range reasons {
		label := "reason:   "
		if i > 0 {
			label = "also:     "
		}
		rows = append(rows, label+reason)
	}
	return rows
}

// plural returns n followed by the singular or the plural form.
func plural(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatUint(n, 10) + " " + many
}
