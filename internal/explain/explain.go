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

// An explainer is the report of --explain: behind each manifest it says, on
// standard error, what is known of its failures and why they may have come about.
//
// Until then it keeps, beside the failures, 24 bytes for each line, since a file's
// digest may be what a later line lists. It then reads each file that failed once
// more, which at the most doubles what is read.
type explainer struct {
	report.Nop
	diag            *console.Messages
	descriptors     *fdlimit.Budget
	accepted, known []manifest.Algorithm
	several         bool // algorithms are accepted
	dropCache       bool
	pool            pool

	// Of the manifest that is being judged.
	listings listings
	failures []*failedFile
	open     *failedFile // of the file that the last finding was of
	failed   int         // lines of failures
	more     uint64      // failed lines beyond those that are explained
	lines    []malformedLine
	names    nameFinder
}

const (
	// maxExplained is how many failed lines of a manifest are explained.
	maxExplained = 1000
	// MaxLines is how many of its malformed lines are, by the first
	// maxExplainedText bytes of each.
	MaxLines = 10
	MaxText  = 4 << 10
)

// A failedFile is not what it should be.
type failedFile struct {
	name  string
	at    report.Location
	err   error // it could not be opened or read
	lines []failedLine
}

// A failedLine is a line that says what it should be.
type failedLine struct {
	number           uint64
	algorithm        *hasher.Algorithm
	expected, actual []byte // actual is nil if it wasn't read
}

// Options are what an explainer has to know of the run.
type Options struct {
	Algorithms []*hasher.Algorithm
	Auto       bool // the tags of other tools are accepted as well
	DropCache  bool
	Jobs       int // 0: as many as there are processors
}

// New returns the report, which opens files beside those of a run.
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

// Ended explains what there was in a manifest, behind what GNU says of it.
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

// failure explains the lines of a file.
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
		if line.number > 0 { // it is of a manifest
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

// findMissing looks for a file that could not be opened. It opens directories for a
// moment, and never two at once.
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

// digests are the rows with what should be and what is.
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

// properties are the rows with a file's own properties.
func (e *explainer) properties(d *reader.Details) (rows []string) {
	if d.Type == reader.RegularFile {
		rows = append(rows, "size:     "+plural(uint64(d.Size), "byte", "bytes"))
	}
	return append(rows, "modified: "+d.Modified.UTC().Format(time.RFC3339))
}

// reasonRows are the rows with reasons, of which the first is the likeliest.
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

// plural is a number of things.
func plural(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatUint(n, 10) + " " + many
}
