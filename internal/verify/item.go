package verify

import (
	"slices"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// An Item is what a mode finds as the data of the pipeline's items; without --check
// there are only remarks and functions. Sources attach nothing else.
type Item interface {
	*Listed | *EndOfManifest | Unlisted | Func | *report.Malformed | *report.Remark
}

// Marker is an item with nothing to read, which keeps its place.
func Marker[T Item](data T) pipeline.Item { return pipeline.Item{Marker: true, Data: data} }

// Attach has a file be what data says.
func Attach[T Item](file *pipeline.Item, data T) { file.Data = data }

// Pass does at a marker what a mode would, for who goes ahead of the run and tells
// nothing.
func Pass(data any) {
	switch data := data.(type) {
	case Func:
		data()
	case *EndOfManifest:
		if data.Dir != nil {
			data.Dir.Close()
		}
	}
}

// A Func is called when everything before it has been dealt with.
type Func func()

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
