package formats

import (
	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/console"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/jsonline"
	"github.com/psha1sum/psha1sum/internal/report"
)

// jsonSchema is the version of doc/psha1sum.schema.json. It changes with incompatible
// changes only; adding members or types that a reader can ignore is compatible.
const jsonSchema = 1

// A jsonLines writes standard output with --json: one object per line, as documented in
// doc/json.md and doc/psha1sum.schema.json.
type jsonLines struct {
	out *console.Output
	JSONOptions
	errors, notes uint64 // numbers of remarks

	// The encoded member for the previous finding's manifest, kept to encode it once.
	manifest       string
	manifestMember []byte
}

// JSONOptions are what the report needs to know about the run.
type JSONOptions struct {
	Check         bool
	Algorithms    []*hasher.Algorithm
	Quiet, Status bool
	Version       string      // of the program
	Broken        func() bool // reports whether output has been lost so far
	// ExitStatus returns the exit status of a run that failed, or didn't.
	ExitStatus func(failed bool) uint64
}

// NewJSON returns the report after writing its first object.
func NewJSON(out *console.Output, p JSONOptions) *jsonLines {
	r := &jsonLines{out: out, JSONOptions: p}
	var algorithms []string
	for _, alg := range r.Algorithms {
		algorithms = append(algorithms, alg.Name)
	}
	mode := "hash"
	if r.Check {
		mode = "check"
	}
	o := r.begin("start")
	o.Uint("schema", jsonSchema)
	o.Text("program", "psha1sum")
	o.Text("version", r.Version)
	o.Text("mode", mode)
	o.Texts("algorithms", algorithms)
	r.end(o)
	return r
}

func (r *jsonLines) Found(f *report.Finding) {
	if r.Status || r.Quiet && (f.Verdict == report.Verified || f.Ignored) {
		return
	}
	o := r.begin("file")
	o.Text("status", f.Verdict.String())
	o.Name("name", f.Name)
	if f.Verdict == report.Moved {
		o.Name("moved_from", f.From)
	}
	if f.Algorithm != nil {
		o.Text("algorithm", f.Algorithm.Name)
	}
	if f.Digest != nil {
		o.Hex("digest", f.Digest)
	}
	if f.Line != nil {
		if f.Verdict != report.Verified { // otherwise it equals the digest
			o.Hex("expected", f.Line.Digest())
		}
		if f.Line.Number > 0 { // 0: the line is the argument of --expect
			o.Member(r.memberFor(f.Manifest))
			o.Uint("line", f.Line.Number)
		}
	}
	if f.Err != nil {
		o.Text("error", gnu.Strerror(f.Err))
	}
	if f.Ignored {
		o.Bool("ignored", true)
	}
	r.end(o)
}

func (r *jsonLines) memberFor(manifest string) []byte {
	if r.manifest != manifest || len(r.manifestMember) == 0 {
		r.manifest = manifest
		r.manifestMember = jsonline.AppendName(r.manifestMember[:0], "manifest", manifest)
	}
	return r.manifestMember
}

func (r *jsonLines) Malformed(m *report.Malformed) {
	if r.Status {
		return
	}
	o := r.begin("malformed")
	o.Name("manifest", m.Manifest)
	o.Uint("line", m.Line)
	r.end(o)
}

func (r *jsonLines) Ended(s *report.Summary) {
	if r.Status || s.FromExpect {
		return
	}
	o := r.begin("manifest")
	o.Name("manifest", s.Manifest)
	o.Bool("passed", s.Passed)
	counts(&o, &s.Tally)
	if s.Stopped {
		o.Bool("stopped", true)
	}
	if s.ReadError != "" {
		o.Text("error", s.ReadError)
	}
	r.end(o)
}

// counts adds the counts of checksum lines.
func counts(o *jsonline.Object, t *report.Tally) {
	count(o, t, report.Verified, report.Mismatch, report.Missing)
	o.Uint("ignored", t.Ignored)
	count(o, t, report.Unreadable)
	o.Uint("malformed", t.Malformed)
}

// count adds the number of findings for each verdict.
func count(o *jsonline.Object, t *report.Tally, verdicts ...report.Verdict) {
	for _, v := range verdicts {
		o.Uint(v.String(), t.Of[v])
	}
}

func (r *jsonLines) Remarked(m *report.Remark) {
	kind := "note"
	if m.Failed {
		kind = "error"
		r.errors++
	} else {
		r.notes++
	}
	if r.Status {
		return
	}
	o := r.begin(kind)
	if m.About != "" {
		o.Name("name", m.About)
	}
	o.Text("message", m.Text)
	r.end(o)
}

func (r *jsonLines) Ready() { r.out.Ready() }

func (r *jsonLines) Finished(t *report.Totals) {
	r.out.Flush() // so that Broken knows about write errors
	o := r.begin("total")
	count(&o, &t.Tally, report.Computed)
	counts(&o, &t.Tally)
	count(&o, &t.Tally, report.New, report.Moved)
	o.Uint("manifests", t.Manifests)
	o.Uint("errors", r.errors)
	o.Uint("notes", r.notes)
	o.Uint("exit_status", r.ExitStatus(t.Failed || r.Broken()))
	r.end(o)
}

// begin begins an object in the output's buffer, and end completes it.
func (r *jsonLines) begin(kind string) jsonline.Object {
	o := jsonline.Begin(r.out.Buffer())
	o.Text("type", kind)
	return o
}

func (r *jsonLines) end(o jsonline.Object) {
	r.out.Added(o.End())
}
