package formats

import (
	"bufio"
	"cmp"
	"encoding/hex"
	"io"
	"os"
	"strconv"

	"github.com/psha1sum/psha1sum/internal/atomicfile"
	"github.com/psha1sum/psha1sum/internal/console"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/quote"
	"github.com/psha1sum/psha1sum/internal/report"
)

// A junit writes a report in JUnit's XML: a <testsuite> for each manifest and one more
// for everything else; in it, a <testcase> for each line, or for each digest without
// --check. doc/ci.md has the details. The output is valid by Jenkins's schema of the
// format (junit-10.xsd of its xunit plugin).
//
// A suite's counts precede its cases, so the cases are spooled to a file; memory use
// doesn't grow with their number.
type junit struct {
	to     *atomicfile.File
	diag   *console.Messages
	strict bool

	spool  *os.File
	cases  *bufio.Writer // writes to spool
	buf    []byte
	open   bool // the last suite may get more cases
	suites []suite
}

// A suite holds the attributes of a <testsuite>, which are written before its cases.
type suite struct {
	name                             string
	size                             int64 // of its cases in the spool, in bytes
	tests, failures, errors, skipped uint64
}

// otherSuite is the name of the suite for results that concern no manifest.
const otherSuite = "psha1sum"

// NewJUnit returns a report that is written to a file.
func NewJUnit(diag *console.Messages, to *atomicfile.File, strict bool) (report.Report, error) {
	spool, err := to.OpenSpool()
	if err != nil {
		to.Abandon()
		return nil, err
	}
	const size = 64 << 10
	cases := bufio.NewWriterSize(spool, size)
	return &junit{to: to, diag: diag, strict: strict, spool: spool, cases: cases}, nil
}

// enter makes the named suite the current one.
func (j *junit) enter(name string) {
	if name == "" {
		name = otherSuite
	}
	if !j.open || j.suites[len(j.suites)-1].name != name {
		j.suites = append(j.suites, suite{name: name})
		j.open = true
	}
}

func (j *junit) Found(f *report.Finding) {
	j.enter(f.Manifest)
	switch f.Verdict {
	case report.Computed:
		j.add(f.Name, printed(f.Algorithm.Tag+" "+hex.EncodeToString(f.Digest)))
	case report.Verified:
		j.add(f.Name, passed)
	case report.Mismatch:
		j.add(f.Name, failed("failure", f.Verdict.String(), gnu.NoMatch,
			"expected: "+f.Algorithm.Tag+" "+hex.EncodeToString(f.Line.Digest())+
				"\nactual:   "+f.Algorithm.Tag+" "+hex.EncodeToString(f.Digest)+"\n"))
	case report.Missing:
		if f.Ignored {
			j.add(f.Name, failed("skipped", f.Verdict.String(), gnu.Strerror(f.Err), ""))
			return
		}
		j.add(f.Name, failed("error", f.Verdict.String(), gnu.Strerror(f.Err), ""))
	case report.Unreadable:
		j.add(f.Name, failed("error", f.Verdict.String(), gnu.Strerror(f.Err), ""))
	case report.New:
		j.add(f.Name, failed("failure", f.Verdict.String(), f.NotListed(), ""))
	case report.Moved:
		j.add(f.Name, failed("failure", f.Verdict.String(), "moved from "+f.From, ""))
	}
}

// Malformed adds a case for a malformed line. It is a failure if such a line makes the
// exit status 1.
func (j *junit) Malformed(m *report.Malformed) {
	j.enter(m.Manifest)
	element := "skipped"
	if j.strict {
		element = "failure"
	}
	name := "line " + strconv.FormatUint(m.Line, 10)
	j.add(name, failed(element, "malformed", gnu.BadLine(""), ""))
}

// Ended adds a case if the manifest failed as a whole, which no other case may show.
func (j *junit) Ended(s *report.Summary) {
	j.enter(s.Manifest)
	if text := s.Complaint(); text != "" {
		j.add(s.Manifest, failed("error", "manifest", text, ""))
	}
	j.open = false
}

func (j *junit) Remarked(r *report.Remark) {
	if !r.Failed {
		return
	}
	if !j.open {
		j.enter("")
	}
	j.add(cmp.Or(r.About, otherSuite), failed("error", "failed", r.Text, ""))
}

func (j *junit) Ready() {}

func (j *junit) Finished(t *report.Totals) {
	if len(j.suites) == 0 {
		j.enter("")
	}
	err := j.cases.Flush()
	if err == nil {
		err = j.write(j.to.File)
	}
	atomicfile.CloseSpool(j.spool)
	j.to.End()
	if !j.to.Conclude(err, j.diag) {
		t.Failed = true
	}
}

// An outcome is the content of a <testcase>.
type outcome struct {
	element string // "": passed
	kind    string
	message string
	text    string
}

var passed = outcome{}

func printed(text string) outcome { return outcome{element: "system-out", text: text} }

func failed(element, kind, message, text string) outcome {
	return outcome{element, kind, message, text}
}

// add counts a case in the current suite and writes it to the spool.
func (j *junit) add(name string, o outcome) {
	s := &j.suites[len(j.suites)-1]
	s.tests++
	switch o.element {
	case "failure":
		s.failures++
	case "error":
		s.errors++
	case "skipped":
		s.skipped++
	}
	b := append(j.buf[:0], "    <testcase"...)
	b = appendAttribute(b, "classname", s.name)
	b = appendAttribute(b, "name", name)
	if o.element == "" {
		b = append(b, "/>\n"...)
	} else {
		b = append(o.append(append(b, '>')), "</testcase>\n"...)
	}
	s.size += int64(len(b))
	j.cases.Write(b) // an error is returned by Flush
	if j.buf = b; cap(b) > console.MaxWrite {
		j.buf = nil // after a very long name
	}
}

func (o outcome) append(b []byte) []byte {
	b = append(append(b, '<'), o.element...)
	if o.kind != "" {
		b = appendAttribute(b, "type", o.kind)
		b = appendAttribute(b, "message", o.message)
	}
	if o.text == "" {
		return append(b, "/>"...)
	}
	b = append(append(append(b, '>'), o.text...), "</"...)
	return append(append(b, o.element...), '>')
}

// appendAttribute appends an attribute whose value may be any bytes.
func appendAttribute(b []byte, name, value string) []byte {
	b = append(append(append(b, ' '), name...), `="`...)
	value = quote.Visible(value)
	for i := range len(value) {
		switch c := value[i]; c {
		case '&':
			b = append(b, "&amp;"...)
		case '<':
			b = append(b, "&lt;"...)
		case '>':
			b = append(b, "&gt;"...)
		case '"':
			b = append(b, "&#34;"...)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// write writes the whole file.
func (j *junit) write(w io.Writer) error {
	if _, err := j.spool.Seek(0, io.SeekStart); err != nil {
		return err
	}
	var all suite
	for _, s := range j.suites {
		all.tests += s.tests
		all.failures += s.failures
		all.errors += s.errors
	}
	b := bufio.NewWriter(w)
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	b.Write(append(all.appendCounts([]byte("<testsuites")), ">\n"...))
	for _, s := range j.suites {
		tag := appendAttribute([]byte("  <testsuite"), "name", s.name)
		tag = appendAttribute(s.appendCounts(tag), "skipped", strconv.FormatUint(s.skipped, 10))
		b.Write(append(tag, ">\n"...))
		if _, err := io.CopyN(b, j.spool, s.size); err != nil {
			return err
		}
		b.WriteString("  </testsuite>\n")
	}
	b.WriteString("</testsuites>\n")
	return b.Flush()
}

func (s *suite) appendCounts(b []byte) []byte {
	b = appendAttribute(b, "tests", strconv.FormatUint(s.tests, 10))
	b = appendAttribute(b, "failures", strconv.FormatUint(s.failures, 10))
	return appendAttribute(b, "errors", strconv.FormatUint(s.errors, 10))
}
