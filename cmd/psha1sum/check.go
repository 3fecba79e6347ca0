package main

import (
	"bytes"
	"errors"
	"io/fs"
	"strconv"

	"github.com/psha1sum/psha1sum/manifest"
	"github.com/psha1sum/psha1sum/pipeline"
)

// A checker is the mode with --check: it reports on the items of a
// manifestSource.
type checker struct {
	*program
	want   settings
	tag    string // of the algorithm, if there is one, and a space
	tally  tally  // of the manifest whose lines are being reported
	result exitStatus
}

func newChecker(p *program, s settings) *checker {
	m := &checker{program: p, want: s}
	if len(s.algorithms) == 1 {
		m.tag = s.algorithms[0].Tag + " "
	}
	return m
}

func (m *checker) exit() exitStatus { return m.result }

// Result implements pipeline.Sink.
func (m *checker) Result(r *pipeline.Result) error {
	switch data := r.Data.(type) {
	case *listed:
		m.listed(r, data)
	case malformed:
		m.diag.aboutFile(data.manifest, strconv.FormatUint(data.line, 10)+
			": improperly formatted "+m.tag+"checksum line")
	case endOfManifest:
		m.endOfManifest(data)
	default:
		m.result = max(m.result, m.mark(data))
	}
	return nil
}

// Flush implements pipeline.Sink.
func (m *checker) Flush() error {
	m.out.ready()
	return nil
}

// A tally counts the lines of one manifest by what became of them.
type tally struct {
	wellFormed, matched, mismatched, unreadable uint64
}

// listed reports the well-formed lines of a file.
func (m *checker) listed(r *pipeline.Result, data *listed) {
	missing := r.Err != nil && !r.Opened && m.want.ignoreMissing && errors.Is(r.Err, fs.ErrNotExist)
	if r.Err != nil && !missing {
		// Said even with --status.
		m.diag.aboutFile(r.Name, strerror(r.Err))
	}
	m.entry(r, &data.line, r.Digest, missing)
	for i := range data.more {
		var digest []byte
		if r.Err == nil {
			digest = r.Digests[1+i]
		}
		m.entry(r, &data.more[i], digest, missing)
	}
}

// entry reports one well-formed line.
func (m *checker) entry(r *pipeline.Result, line *manifest.Line, digest []byte, missing bool) {
	m.tally.wellFormed++
	switch {
	case missing:
	case r.Err != nil:
		m.tally.unreadable++
		m.verdict(r.Name, ": FAILED open or read\n")
	case bytes.Equal(digest, line.Digest()):
		m.tally.matched++
		if !m.want.quiet {
			m.verdict(r.Name, ": OK\n")
		}
	default:
		m.tally.mismatched++
		m.verdict(r.Name, ": FAILED\n")
	}
}

func (m *checker) verdict(name, text string) {
	if m.want.status {
		return
	}
	mark := len(m.out.buf)
	m.out.buf = append(manifest.AppendStatusName(m.out.buf, name), text...)
	m.out.added(mark)
}

// endOfManifest reports what is to be said of a manifest as a whole, and
// decides whether it was verified.
func (m *checker) endOfManifest(end endOfManifest) {
	if end.folder != nil {
		end.folder.Close()
	}
	t := m.tally
	m.tally = tally{}
	switch {
	case end.trouble != "":
		m.diag.aboutFile(end.manifest, end.trouble)
	case t.wellFormed == 0:
		// Said even with --status.
		m.diag.aboutFile(end.manifest, "no properly formatted checksum lines found")
	case !m.want.status:
		m.warnings(t, end)
	}
	if end.trouble != "" || t.matched == 0 || t.mismatched > 0 || t.unreadable > 0 ||
		m.want.strict && end.malformed > 0 {
		m.result = failure
	}
}

func (m *checker) warnings(t tally, end endOfManifest) {
	m.warning(end.malformed, "line is improperly formatted", "lines are improperly formatted")
	m.warning(t.unreadable, "listed file could not be read", "listed files could not be read")
	m.warning(t.mismatched, "computed checksum did NOT match", "computed checksums did NOT match")
	if m.want.ignoreMissing && t.matched == 0 {
		m.diag.aboutFile(end.manifest, "no file was verified")
	}
}

func (m *checker) warning(n uint64, one, many string) {
	switch n {
	case 0:
	case 1:
		m.diag.say("WARNING: 1 " + one)
	default:
		m.diag.say("WARNING: " + strconv.FormatUint(n, 10) + " " + many)
	}
}
