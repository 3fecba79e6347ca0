package main

import (
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/algorithm"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/manifest"
)

// What GNU's tools print is two reports: lines on standard output, and messages on
// standard error, which come first where both are due.

// A gnuLines is standard output.
type gnuLines struct {
	silence
	out           *output
	algorithms    []*hasher.Algorithm
	formats       []manifest.Format // of each
	quiet, status bool
}

func newGNULines(out *output, s settings) *gnuLines {
	out.hold = s.zero && !s.check
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
		mark := len(r.out.buf)
		format := &r.formats[slices.Index(r.algorithms, f.algorithm)]
		r.out.buf = format.Append(r.out.buf, f.digest, f.name)
		r.out.added(mark)
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
	mark := len(r.out.buf)
	if len(name) > maxUnseen {
		r.out.buf = manifest.PourStatusName(r.out.buf, name, r.out.pour)
		mark = 0
	} else {
		r.out.buf = manifest.AppendStatusName(r.out.buf, name)
	}
	r.out.buf = append(r.out.buf, text...)
	r.out.added(mark)
}

func (r *gnuLines) ready() { r.out.ready() }

// A gnuMessages is standard error.
type gnuMessages struct {
	silence
	diag                        *diagnostics
	warn, status, ignoreMissing bool
	tag                         string // of the algorithm, if there is one, and a space

	// Our own, which no manifest of GNU's brings about.
	expecting bool // say which digest the file of --expect has, if another
	hint      bool // say once that --explain knows more
}

func newGNUMessages(diag *diagnostics, s settings) *gnuMessages {
	r := &gnuMessages{diag: diag, warn: s.warn, status: s.status, ignoreMissing: s.ignoreMissing}
	r.expecting = s.digest != nil && !s.status && !s.explain // which says it as well
	r.hint = isOwnName(diag.name, ourPaths()) && !s.status && !s.explain && !diag.closed && isTerminal(diag.file)
	if len(s.algorithms) == 1 {
		r.tag = s.algorithms[0].Tag + " "
	}
	return r
}

// found is said even with --status.
func (r *gnuMessages) found(f *finding) {
	if f.err != nil && !f.forgiven && !f.again {
		r.diag.aboutFile(f.name, gnu.Strerror(f.err))
	}
	if r.expecting && f.verdict == mismatched {
		r.diag.aboutFile(f.name, "the digest by "+algorithm.Title(f.algorithm)+" is "+hex.EncodeToString(f.digest))
	}
}

func (r *gnuMessages) malformed(m *malformed) {
	if r.warn {
		r.diag.aboutFile(m.manifest, strconv.FormatUint(m.line, 10)+": improperly formatted "+r.tag+"checksum line")
	}
}

func (r *gnuMessages) remarked(m *remark) {
	if m.about != "" {
		r.diag.aboutFile(m.about, m.text)
	} else {
		r.diag.say(m.text)
	}
}

func (r *gnuMessages) ended(s *summary) {
	switch {
	case s.trouble != "":
		r.diag.aboutFile(s.manifest, s.trouble)
	case s.wellFormed() == 0 && !s.stopped:
		// Said even with --status.
		r.diag.aboutFile(s.manifest, gnu.NoLines)
		if r.hint {
			r.hint = false
			r.diag.say("(--explain says why)")
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
		r.diag.say(gnu.NoneVerified)
	default:
		r.diag.aboutFile(s.manifest, gnu.NoneVerified)
	}
}

func (r *gnuMessages) warning(n uint64, one, many string) {
	switch n {
	case 0:
	case 1:
		r.diag.say("WARNING: 1 " + one)
	default:
		r.diag.say("WARNING: " + strconv.FormatUint(n, 10) + " " + many)
	}
}
