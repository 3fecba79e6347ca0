package main

import (
	"github.com/psha1sum/psha1sum/internal/console"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/jsonline"
)

// jsonSchema is the number of what doc/psha1sum.schema.json describes. It changes
// when something that was promised there is promised no more. What a reader can
// pass over, a member or a type, is added without.
const jsonSchema = 1

// A jsonLines is standard output with --json: an object a line, as doc/json.md and
// doc/psha1sum.schema.json tell its readers.
type jsonLines struct {
	out           *console.Output
	broken        func() bool // what was printed so far got lost
	quiet, status bool
	errors, notes uint64 // remarks

	// The member for the manifest of the finding before, which is made once.
	manifest       string
	manifestMember []byte
}

// newJSONLines returns the report, which has printed its first object.
func newJSONLines(p *program, s settings) *jsonLines {
	r := &jsonLines{out: p.out, broken: p.broken, quiet: s.quiet, status: s.status}
	var algorithms []string
	for _, alg := range s.algorithms {
		algorithms = append(algorithms, alg.Name)
	}
	mode := "hash"
	if s.check {
		mode = "check"
	}
	o := r.begin("start")
	o.Uint("schema", jsonSchema)
	o.Text("program", "psha1sum")
	o.Text("version", shortVersion())
	o.Text("mode", mode)
	o.Texts("algorithms", algorithms)
	r.end(o)
	return r
}

// jsonVerdicts are the words for verdicts. Counts are called the same.
var jsonVerdicts = [...]string{
	computed: "computed", verified: "verified", mismatched: "mismatch", missing: "missing", unreadable: "unreadable",
	added: "new", moved: "moved",
}

func (r *jsonLines) found(f *finding) {
	if r.status || r.quiet && (f.verdict == verified || f.forgiven) {
		return
	}
	o := r.begin("file")
	o.Text("status", jsonVerdicts[f.verdict])
	o.Name("name", f.name)
	if f.verdict == moved {
		o.Name("moved_from", f.from)
	}
	if f.algorithm != nil {
		o.Text("algorithm", f.algorithm.Name)
	}
	if f.digest != nil {
		o.Hex("digest", f.digest)
	}
	if f.line != nil {
		if f.verdict != verified { // else it is the digest
			o.Hex("expected", f.line.Digest())
		}
		if f.line.Number > 0 { // it is of a manifest
			o.Member(r.memberFor(f.manifest))
			o.Uint("line", f.line.Number)
		}
	}
	if f.err != nil {
		o.Text("error", gnu.Strerror(f.err))
	}
	if f.forgiven {
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

func (r *jsonLines) malformed(m *malformed) {
	if r.status {
		return
	}
	o := r.begin("malformed")
	o.Name("manifest", m.manifest)
	o.Uint("line", m.line)
	r.end(o)
}

func (r *jsonLines) ended(s *summary) {
	if r.status || s.given {
		return
	}
	o := r.begin("manifest")
	o.Name("manifest", s.manifest)
	o.Bool("passed", s.passed)
	counts(&o, &s.tally)
	if s.stopped {
		o.Bool("stopped", true)
	}
	if s.trouble != "" {
		o.Text("error", s.trouble)
	}
	r.end(o)
}

// counts adds what was counted of a manifest's lines.
func counts(o *jsonline.Object, t *tally) {
	o.Uint(jsonVerdicts[verified], t.verified)
	o.Uint(jsonVerdicts[mismatched], t.mismatched)
	o.Uint(jsonVerdicts[missing], t.missing)
	o.Uint("ignored", t.forgiven)
	o.Uint(jsonVerdicts[unreadable], t.unreadable)
	o.Uint("malformed", t.malformed)
}

func (r *jsonLines) remarked(m *remark) {
	kind := "note"
	if m.failed {
		kind = "error"
		r.errors++
	} else {
		r.notes++
	}
	if r.status {
		return
	}
	o := r.begin(kind)
	if m.about != "" {
		o.Name("name", m.about)
	}
	o.Text("message", m.text)
	r.end(o)
}

func (r *jsonLines) ready() { r.out.Ready() }

func (r *jsonLines) finished(t *totals) {
	r.out.Flush() // to know how that went
	status := t.status
	if r.broken() {
		status = failure
	}
	o := r.begin("total")
	o.Uint(jsonVerdicts[computed], t.computed)
	counts(&o, &t.tally)
	o.Uint(jsonVerdicts[added], t.added)
	o.Uint(jsonVerdicts[moved], t.moved)
	o.Uint("manifests", t.manifests)
	o.Uint("errors", r.errors)
	o.Uint("notes", r.notes)
	o.Uint("exit_status", uint64(status))
	r.end(o)
}

// begin begins an object behind what waits to be written, and end ends it there.
func (r *jsonLines) begin(kind string) jsonline.Object {
	o := jsonline.Begin(r.out.Buffer())
	o.Text("type", kind)
	return o
}

func (r *jsonLines) end(o jsonline.Object) {
	r.out.Added(o.End())
}
