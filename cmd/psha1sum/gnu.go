package main

import (
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/algorithm"
	"github.com/psha1sum/psha1sum/internal/console"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/manifest"
)

// What GNU's tools print is two reports: lines on standard output, and messages on
// standard error, which come first where both are due.

// A gnuLines is standard output.
type gnuLines struct {
	silence
	out           *console.Output
	algorithms    []*hasher.Algorithm
	formats       []manifest.Format // of each
	quiet, status bool
}

func newGNULines(out *console.Output, s settings) *gnuLines {
	out.Hold = s.zero && !s.check
	r := &gnuLines{out: out, algorithms: s.algorithms, quiet: s.quiet, status: s.status}
	for _, alg := range s.algorithms {
		// Of several, the lines have to say which.
		r.formats = append(r.formats, manifest.Format{
			Tag: alg.Tag, Tagged: s.tag || len(s.algorithms) > 1, Binary: s.binary, Zero: s.zero,
		})
	}
	return r
}

func (r *gnuLines) found(f *finding) {
	switch f.verdict {
	case computed:
		format := &r.formats[slices.Index(r.algorithms, f.algorithm)]
		r.out.Added(format.Append(r.out.Buffer(), f.digest, f.name))
	case verified:
		if !r.quiet {
			r.verdict(f.name, ": OK\n")
		}
	case mismatched:
		r.verdict(f.name, ": FAILED\n")
	case missing, unreadable:
		if f.line != nil && !f.forgiven {
			r.verdict(f.name, ": FAILED open or read\n")
		}
	case added:
		r.verdict(f.name, ": NEW\n")
	case moved:
		r.verdict(f.name, ": MOVED from "+string(manifest.AppendStatusName(nil, f.from))+"\n")
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

func (r *gnuLines) ready() { r.out.Ready() }

// A gnuMessages is standard error.
type gnuMessages struct {
	silence
	diag                        *console.Messages
	warn, status, ignoreMissing bool
	tag                         string // of the algorithm, if there is one, and a space

	// Our own, which no manifest of GNU's brings about.
	expecting bool // say which digest the file of --expect has, if another
	hint      bool // say once that --explain knows more
}

func newGNUMessages(diag *console.Messages, own bool, s settings) *gnuMessages {
	r := &gnuMessages{diag: diag, warn: s.warn, status: s.status, ignoreMissing: s.ignoreMissing}
	r.expecting = s.digest != nil && !s.status && !s.explain // which says it as well
	r.hint = own && !s.status && !s.explain && diag.IsOnTerminal()
	if len(s.algorithms) == 1 {
		r.tag = s.algorithms[0].Tag + " "
	}
	return r
}

// found is said even with --status.
func (r *gnuMessages) found(f *finding) {
	if f.err != nil && !f.forgiven && !f.again {
		r.diag.About(f.name, gnu.Strerror(f.err))
	}
	if r.expecting && f.verdict == mismatched {
		r.diag.About(f.name, "the digest by "+algorithm.Title(f.algorithm)+" is "+hex.EncodeToString(f.digest))
	}
}

func (r *gnuMessages) malformed(m *malformed) {
	if r.warn {
		r.diag.About(m.manifest, strconv.FormatUint(m.line, 10)+": improperly formatted "+r.tag+"checksum line")
	}
}

func (r *gnuMessages) remarked(m *remark) {
	if m.about != "" {
		r.diag.About(m.about, m.text)
	} else {
		r.diag.Say(m.text)
	}
}

func (r *gnuMessages) ended(s *summary) {
	switch {
	case s.trouble != "":
		r.diag.About(s.manifest, s.trouble)
	case s.wellFormed() == 0 && !s.stopped:
		// Said even with --status.
		r.diag.About(s.manifest, gnu.NoLines)
		if r.hint {
			r.hint = false
			r.diag.Say("(--explain says why)")
		}
	case !r.status:
		r.warnings(s)
	}
}

func (r *gnuMessages) warnings(s *summary) {
	r.warning(s.malformed, "line is improperly formatted", "lines are improperly formatted")
	r.warning(s.failed(), "listed file could not be read", "listed files could not be read")
	r.warning(s.mismatched, gnu.NoMatch, "computed checksums did NOT match")
	switch {
	case !r.ignoreMissing || s.verified > 0 || s.stopped:
	case s.given:
		r.diag.Say(gnu.NoneVerified)
	default:
		r.diag.About(s.manifest, gnu.NoneVerified)
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
