package verify

import (
	"slices"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// An Item is the data of a pipeline item, by which a source informs a mode. There are six
// types, one for each method of audience. Without --check only remarks and callbacks
// occur, and files have no data.
type Item interface {
	// tell calls the audience's method for the item, with the result that it came with.
	tell(r *pipeline.Result, to audience)
	// cut returns the end of the item's manifest, for a run that stops after it. It is
	// nil if the item belongs to none.
	cut() *EndOfManifest
}

// An audience receives the items in the order of the results.
type audience interface {
	listed(r *pipeline.Result, data *Listed)
	unlisted(r *pipeline.Result)
	malformed(m *report.Malformed)
	endOfManifest(end *EndOfManifest)
	remark(m *report.Remark)
	call(f Callback)
}

func (l *Listed) tell(r *pipeline.Result, to audience)        { to.listed(r, l) }
func (Unlisted) tell(r *pipeline.Result, to audience)         { to.unlisted(r) }
func (m malformed) tell(_ *pipeline.Result, to audience)      { to.malformed(m.Malformed) }
func (e *EndOfManifest) tell(_ *pipeline.Result, to audience) { to.endOfManifest(e) }
func (m remark) tell(_ *pipeline.Result, to audience)         { to.remark(m.Remark) }
func (f Callback) tell(_ *pipeline.Result, to audience)       { to.call(f) }

func (l *Listed) cut() *EndOfManifest {
	return &EndOfManifest{Manifest: l.manifest, FromExpect: l.line.Number == 0, stopped: true}
}

func (m malformed) cut() *EndOfManifest    { return &EndOfManifest{Manifest: m.Manifest, stopped: true} }
func (*EndOfManifest) cut() *EndOfManifest { return nil }
func (Unlisted) cut() *EndOfManifest       { return nil }
func (remark) cut() *EndOfManifest         { return nil }
func (Callback) cut() *EndOfManifest       { return nil }

// nopAudience is an audience that does nothing.
type nopAudience struct{}

func (nopAudience) listed(*pipeline.Result, *Listed) {}
func (nopAudience) unlisted(*pipeline.Result)        {}
func (nopAudience) malformed(*report.Malformed)      {}
func (nopAudience) endOfManifest(*EndOfManifest)     {}
func (nopAudience) remark(*report.Remark)            {}
func (nopAudience) call(Callback)                    {}

// Marker returns a pipeline item without a file, which keeps its place in the order.
func Marker(data Item) pipeline.Item { return pipeline.Item{Marker: true, Data: data} }

// Attach sets the data of a file.
func Attach(file *pipeline.Item, data Item) { file.Data = data }

type (
	remark    struct{ *report.Remark }
	malformed struct{ *report.Malformed }
)

// Remark returns a marker for a remark to be reported in its place.
func Remark(r report.Remark) pipeline.Item { return Marker(remark{&r}) }

// Malformed returns a marker for a malformed line.
func Malformed(m report.Malformed) pipeline.Item { return Marker(malformed{&m}) }

// RemarkOf returns the remark of a marker, or nil if it has none.
func RemarkOf(item *pipeline.Item) *report.Remark {
	r, _ := item.Data.(remark)
	return r.Remark
}

// Pass processes a marker without reporting anything, for an estimate that runs ahead.
func Pass(marker *pipeline.Item) { marker.Data.(Item).tell(nil, passing{}) }

// passing is the audience for Pass.
type passing struct{ nopAudience }

func (passing) call(f Callback) { f() }

func (passing) endOfManifest(end *EndOfManifest) {
	if end.Dir != nil {
		end.Dir.Close()
	}
}

// A Callback is called when everything before it has been dealt with.
type Callback func()

// Unlisted marks a file that no manifest lists. It is read only if it may be a missing
// file.
type Unlisted struct{}

// An EndOfManifest marks the end of a manifest, after its last line.
type EndOfManifest struct {
	Manifest   string
	FromExpect bool        // not a manifest but the argument of --expect
	stopped    bool        // the run ended before its last line
	ReadError  string      // why reading it failed, or ""
	Dir        *reader.Dir // its own directory, to be closed; or nil
	Lines      uint64      // including comments and empty lines
}

// A Listed is the data of a file that a manifest lists, in one line or, if there are
// several algorithms, in consecutive lines of different algorithms.
type Listed struct {
	manifest string
	line     entry
	more     []entry
	proven   *Proven // by other lines of the manifest
	Dir      string  // with --audit: path from the base to the directory in which the name is looked up
}

// has reports whether a line is of the algorithm, or has it as its usual candidate.
func (l *Listed) has(alg *hasher.Algorithm) bool {
	return l.line.usual() == alg || slices.ContainsFunc(l.more, func(e entry) bool { return e.usual() == alg })
}

// Expect lists a file with a digest that is by one of several algorithms, like a manifest
// of one line.
func Expect(file *pipeline.Item, digest []byte, of []*hasher.Algorithm) {
	data := &Listed{line: entry{of: of}}
	data.line.Name, data.line.Size = file.Name, len(digest)
	copy(data.line.Sum[:], digest)
	file.Data = data
	NewCandidates(of).Ask(file, data)
}
