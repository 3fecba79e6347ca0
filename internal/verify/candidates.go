package verify

import (
	"bytes"
	"slices"
	"sync/atomic"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/algorithm"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/manifest"
	"github.com/psha1sum/psha1sum/pipeline"
)

// A line without a tag doesn't tell its algorithm if several have digests of its
// length. It is verified if, and only if, its digest is the file's by one of them: the
// candidates. The file is read for the usual one alone, and again for all others
// together if that one's digest is another. What lines before were of only changes
// which is tried first.

// An entry is a line of a manifest and its candidates, the usual one first.
type entry struct {
	manifest.Line
	of []*hasher.Algorithm
}

// usual is the algorithm by which a failure is reported.
func (e *entry) usual() *hasher.Algorithm { return e.of[0] }

// match returns by which algorithm the file has the listed digest, as far as it was
// hashed; nil if by none.
func (e *entry) match(r *pipeline.Result) *hasher.Algorithm {
	for _, alg := range e.of {
		if bytes.Equal(digestBy(r, alg), e.Digest()) {
			return alg
		}
	}
	return nil
}

// judge returns whether the file has the listed digest, and by which algorithm. If it
// hasn't that is the usual one; or, if a file was first read for another and then could
// not be read again, what it was read for.
func (e *entry) judge(r *pipeline.Result) (report.Verdict, *hasher.Algorithm) {
	if alg := e.match(r); alg != nil {
		return report.Verified, alg
	}
	i := slices.IndexFunc(e.of, func(alg *hasher.Algorithm) bool { return digestBy(r, alg) != nil })
	return report.Mismatch, e.of[i]
}

// digestBy returns a file's digest by an algorithm, or nil if it wasn't computed.
func digestBy(r *pipeline.Result, alg *hasher.Algorithm) []byte {
	if len(r.Algorithms) == 0 {
		return r.Digest
	}
	if i := slices.Index(r.Algorithms, alg); i >= 0 && i < len(r.Digests) {
		return r.Digests[i]
	}
	return nil
}

// enough reports whether the verdict on each line that lists a file is known: it
// matches, or the rest of the algorithms has no candidate of it.
func enough(r *pipeline.Result) bool {
	data := r.Data.(*Listed)
	known := func(e entry) bool {
		return e.match(r) != nil ||
			!slices.ContainsFunc(e.of, func(alg *hasher.Algorithm) bool { return digestBy(r, alg) == nil })
	}
	if !known(data.line) {
		return false
	}
	for _, e := range data.more {
		if !known(e) {
			return false
		}
	}
	return true
}

// Candidates are those of a run's lines. They are for one goroutine; the lists that
// they give are for any.
type Candidates struct {
	among  []*hasher.Algorithm
	bySize [hasher.MaxSize + 1][]*hasher.Algorithm
	alone  map[*hasher.Algorithm][]*hasher.Algorithm
	orders map[*hasher.Algorithm][]*hasher.Algorithm // of candidates, by what is tried first
}

func NewCandidates(among []*hasher.Algorithm) *Candidates {
	return &Candidates{
		among:  among,
		alone:  map[*hasher.Algorithm][]*hasher.Algorithm{},
		orders: map[*hasher.Algorithm][]*hasher.Algorithm{},
	}
}

// AreOnly reports whether there is one algorithm and nothing else to be computed for
// the line that lists a file.
func (c *Candidates) AreOnly(data *Listed) bool {
	return len(c.among) == 1 && c.among[0] == data.line.usual()
}

// Several reports whether lines may be of more than one algorithm.
func (c *Candidates) Several() bool { return len(c.among) > 1 }

// List returns the file that a line lists, which isn't malformed. p is what the lines
// before it turned out to be.
func (c *Candidates) List(of string, line manifest.Line, p *Proven) *Listed {
	return &Listed{manifest: of, line: c.entry(line), proven: p}
}

// Add has another line list the same file. It returns false if one does already that is
// of the same algorithm.
func (c *Candidates) Add(data *Listed, line manifest.Line) bool {
	if data.has(c.usual(&line)) {
		return false
	}
	data.more = append(data.more, c.entry(line))
	return true
}

// entry returns the entry of a line that isn't malformed.
func (c *Candidates) entry(line manifest.Line) entry {
	if line.Tagged || len(c.among) == 1 {
		return entry{line, c.list(c.usual(&line))}
	}
	if c.bySize[line.Size] == nil {
		c.bySize[line.Size] = algorithm.OfSize(line.Size, c.among)
	}
	return entry{line, c.bySize[line.Size]}
}

// usual returns what a line is of, or most often is.
func (c *Candidates) usual(line *manifest.Line) *hasher.Algorithm {
	return c.among[line.Algorithm].Sized(line.Size)
}

// list returns the list of one algorithm.
func (c *Candidates) list(alg *hasher.Algorithm) []*hasher.Algorithm {
	if c.alone[alg] == nil {
		c.alone[alg] = []*hasher.Algorithm{alg}
	}
	return c.alone[alg]
}

// Ask has an item ask for the digests that the lines which list it may be of.
func (c *Candidates) Ask(item *pipeline.Item, data *Listed) {
	if len(data.more) == 0 {
		item.Algorithms, item.First = c.inOrder(data.line.of, data.proven), 1
	} else {
		item.Algorithms, item.First = together(data)
	}
	if item.First == len(item.Algorithms) {
		item.First = 0
		return
	}
	item.Enough = enough
}

// inOrder returns the candidates of a line in the order in which they are tried.
func (c *Candidates) inOrder(of []*hasher.Algorithm, p *Proven) []*hasher.Algorithm {
	first := p.first(of)
	if first == of[0] {
		return of
	}
	if c.orders[first] == nil {
		order := []*hasher.Algorithm{first}
		for _, alg := range of {
			if alg != first {
				order = append(order, alg)
			}
		}
		c.orders[first] = order
	}
	return c.orders[first]
}

// together returns the candidates of all lines that list a file, each once: so many
// first that each line has one among them.
func together(data *Listed) (all []*hasher.Algorithm, first int) {
	add := func(alg *hasher.Algorithm) {
		if !slices.Contains(all, alg) {
			all = append(all, alg)
		}
	}
	add(data.proven.first(data.line.of))
	for _, e := range data.more {
		add(data.proven.first(e.of))
	}
	first = len(all)
	for _, alg := range data.line.of {
		add(alg)
	}
	for _, e := range data.more {
		for _, alg := range e.of {
			add(alg)
		}
	}
	return all, first
}

// Proven is which algorithms the lines of a manifest turned out to be of lately, by
// the size of their digests. nil is that of a manifest whose lines can't be of several.
type Proven struct {
	bySize [hasher.MaxSize + 1]atomic.Pointer[hasher.Algorithm]
}

// NothingProven is what is known when a manifest begins.
func (c *Candidates) NothingProven() *Proven {
	if len(c.among) == 1 {
		return nil
	}
	return &Proven{}
}

// by notes that a line was of that algorithm.
func (p *Proven) by(alg *hasher.Algorithm) {
	if p != nil && p.bySize[alg.Size].Load() != alg {
		p.bySize[alg.Size].Store(alg)
	}
}

// first returns which of a line's candidates is to be tried first.
func (p *Proven) first(of []*hasher.Algorithm) *hasher.Algorithm {
	if p == nil || len(of) == 1 {
		return of[0]
	}
	if alg := p.bySize[of[0].Size].Load(); alg != nil {
		return alg
	}
	return of[0]
}
