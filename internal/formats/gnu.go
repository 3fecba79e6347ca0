package formats

import (
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/algorithm"
	"github.com/psha1sum/psha1sum/internal/console"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/manifest"
)

// GNU's output is produced by two reports: lines on standard output, and messages on
// standard error. A message precedes the line about the same event.

// A gnuLines writes to standard output.
type gnuLines struct {
	report.Nop
	out           *console.Output
	algorithms    []*hasher.Algorithm
	formats       []manifest.Format // for each algorithm
	quiet, status bool
}

// LineOptions select the format of standard output.
type LineOptions struct {
	Algorithms        []*hasher.Algorithm
	Tag, Binary, Zero bool
	Quiet, Status     bool
}

func NewLines(out *console.Output, o LineOptions) *gnuLines {
	r := &gnuLines{out: out, algorithms: o.Algorithms, quiet: o.Quiet, status: o.Status}
	for _, alg := range o.Algorithms {
		// With several algorithms, each line must name its own.
		r.formats = append(r.formats, manifest.Format{
			Tag: alg.Tag, Tagged: o.Tag || len(o.Algorithms) > 1, Binary: o.Binary, Zero: o.Zero,
		})
	}
	return r
}

func (r *gnuLines) Found(f *report.Finding) {
	switch f.Verdict {
	case report.Computed:
		format := &r.formats[slices.Index(r.algorithms, f.Algorithm)]
		r.out.Added(format.Append(r.out.Buffer(), f.Digest, f.Name))
	case report.Verified:
		if !r.quiet {
			r.verdict(f.Name, ": OK\n")
		}
	case report.Mismatch:
		r.verdict(f.Name, ": FAILED\n")
	case report.Missing, report.Unreadable:
		if f.Line != nil && !f.Ignored {
			r.verdict(f.Name, ": FAILED open or read\n")
		}
	case report.New:
		r.verdict(f.Name, ": NEW\n")
	case report.Moved:
		r.verdict(f.Name, ": MOVED from "+string(manifest.AppendStatusName(nil, f.From))+"\n")
	}
}

func (r *gnuLines) verdict(name, text string) {
	if r.status {
		return
	}
	line := r.out.Buffer()
	if len(name) > console.MaxUnseen {
		line = manifest.PourStatusName(line, name, r.out.Pour)
	} else {
		line = manifest.AppendStatusName(line, name)
	}
	r.out.Added(append(line, text...))
}

func (r *gnuLines) Ready() { r.out.Ready() }

// A gnuMessages writes to standard error.
type gnuMessages struct {
	report.Nop
	diag *console.Messages
	MessageOptions
}

// MessageOptions select the messages on standard error.
type MessageOptions struct {
	Warn, Status, IgnoreMissing bool
	// Algorithm, if not nil, is named in messages about malformed lines.
	Algorithm *hasher.Algorithm

	// Extensions, not set for GNU's own options.
	Expecting bool // print the actual digest of the file of --expect if it differs
	Hint      bool // mention once that --explain tells more
}

func NewMessages(diag *console.Messages, o MessageOptions) *gnuMessages {
	return &gnuMessages{diag: diag, MessageOptions: o}
}

// Found prints errors even with --status.
func (r *gnuMessages) Found(f *report.Finding) {
	if f.Err != nil && !f.Ignored && !f.Again {
		r.diag.About(f.Name, gnu.Strerror(f.Err))
	}
	if r.Expecting && f.Verdict == report.Mismatch {
		r.diag.About(f.Name, "the digest by "+algorithm.DisplayName(f.Algorithm)+" is "+hex.EncodeToString(f.Digest))
	}
}

func (r *gnuMessages) Malformed(m *report.Malformed) {
	if !r.Warn {
		return
	}
	tag := ""
	if r.Algorithm != nil {
		tag = r.Algorithm.Tag
	}
	r.diag.About(m.Manifest, strconv.FormatUint(m.Line, 10)+": "+gnu.BadLine(tag))
}

func (r *gnuMessages) Remarked(m *report.Remark) {
	if m.About != "" {
		r.diag.About(m.About, m.Text)
	} else {
		r.diag.Say(m.Text)
	}
}

func (r *gnuMessages) Ended(s *report.Summary) {
	switch {
	case s.ReadError != "":
		r.diag.About(s.Manifest, s.ReadError)
	case s.WellFormed() == 0 && !s.Stopped:
		// Printed even with --status.
		r.diag.About(s.Manifest, gnu.NoLines)
		if r.Hint {
			r.Hint = false
			r.diag.Say("(--explain says why)")
		}
	case !r.Status:
		r.warnings(s)
	}
}

func (r *gnuMessages) warnings(s *report.Summary) {
	r.warning(s.Malformed, "line is improperly formatted", "lines are improperly formatted")
	r.warning(s.NotRead(), "listed file could not be read", "listed files could not be read")
	r.warning(s.Of[report.Mismatch], gnu.NoMatch, "computed checksums did NOT match")
	switch {
	case !r.IgnoreMissing || s.Of[report.Verified] > 0 || s.Stopped:
	case s.FromExpect:
		r.diag.Say(gnu.NoneVerified)
	default:
		r.diag.About(s.Manifest, gnu.NoneVerified)
	}
}

func (r *gnuMessages) warning(n uint64, one, many string) {
	switch n {
	case 0:
	case 1:
		r.diag.Say("WARNING: 1 " + one)
	default:
		r.diag.Say("WARNING: " + strconv.FormatUint(n, 10) + " " + many)
	}
}
