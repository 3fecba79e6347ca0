package verify

import (
	"slices"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// An Item is the data of one of the pipeline's items: what a source tells a mode. There
// are six of them, one for each method of audience. Without --check there are only remarks
// and functions, and files have no data.
type Item interface {
	// tell has the audience deal with the item, which came with a result.
	tell(r *pipeline.Result, to audience)
	// cut returns the end of the item's manifest if the run ends behind it; nil: it is of
	// none.
	cut() *EndOfManifest
}

// An audience deals with each item in the order of the results.
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

// nobody is an audience that does nothing.
type nobody struct{}

func (nobody) listed(*pipeline.Result, *Listed) {}
func (nobody) unlisted(*pipeline.Result)        {}
func (nobody) malformed(*report.Malformed)      {}
func (nobody) endOfManifest(*EndOfManifest)     {}
func (nobody) remark(*report.Remark)            {}
func (nobody) call(Callback)                    {}

// Marker is an item of the pipeline with nothing to read, which keeps its place.
func Marker(data Item) pipeline.Item { return pipeline.Item{Marker: true, Data: data} }

// Attach has a file be what data says.
func Attach(file *pipeline.Item, data Item) { file.Data = data }

type (
	remark    struct{ *report.Remark }
	malformed struct{ *report.Malformed }
)

// Remark is a marker with something to be said in its place.
func Remark(r report.Remark) pipeline.Item { return Marker(remark{&r}) }

// Malformed is a marker in the place of a line that is no entry.
func Malformed(m report.Malformed) pipeline.Item { return Marker(malformed{&m}) }

// RemarkOf returns what is to be said in the place of a marker, or nil.
func RemarkOf(item *pipeline.Item) *report.Remark {
	r, _ := item.Data.(remark)
	return r.Remark
}

// Pass does at a marker what a mode would, for who goes ahead of the run and tells
// nothing.
func Pass(marker *pipeline.Item) { marker.Data.(Item).tell(nil, passing{}) }

// passing is the audience of who goes ahead.
type passing struct{ nobody }

func (passing) call(f Callback) { f() }

func (passing) endOfManifest(end *EndOfManifest) {
	if end.Dir != nil {
		end.Dir.Close()
	}
}

// A Callback is called when everything before it has been dealt with.
type Callback func()

// An Unlisted is one that no manifest lists. It was read only if something is missing
// that it may be.
type Unlisted struct{}

// An EndOfManifest marks the place behind a manifest's last line.
type EndOfManifest struct {
	Manifest   string
	FromExpect bool        // it is none, but a line of the command line
	stopped    bool        // the run ends before its lines do
	ReadError  string      // why its lines came to an end, if not by themselves
	Dir        *reader.Dir // its own, which nobody needs any more; or nil
	Lines      uint64      // comments and empty ones included
}

// A Listed file is one that a manifest lists: in a line or, if there are several
// algorithms, in neighbouring ones, each of another.
type Listed struct {
	manifest string
	line     entry
	more     []entry
	proven   *Proven // by the manifest's lines
	Dir      string  // with --audit: what leads from the base to where its name is looked up
}

// has reports whether a line is of that algorithm, or of one as usual.
func (l *Listed) has(alg *hasher.Algorithm) bool {
	return l.line.usual() == alg || slices.ContainsFunc(l.more, func(e entry) bool { return e.usual() == alg })
}

// Expect lists a file with a digest that is by one of several algorithms, as a manifest
// of one line would.
func Expect(file *pipeline.Item, digest []byte, of []*hasher.Algorithm) {
	data := &Listed{line: entry{of: of}}
	data.line.Name, data.line.Size = file.Name, len(digest)
	copy(data.line.Sum[:], digest)
	file.Data = data
	NewCandidates(of).Ask(file, data)
}
