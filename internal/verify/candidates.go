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

// An untagged line doesn't name its algorithm if several have digests of its length. It
// is verified if, and only if, its digest is the file's by one of these candidates. The
// file is hashed by the usual candidate first, and read again for all others if that
// digest differs. The algorithms of earlier lines only affect which candidate is tried
// first.

// An entry is a line of a manifest and its candidates, the usual one first.
type entry struct {
	manifest.Line
	of []*hasher.Algorithm
}

// usual returns the algorithm by which a failure is reported.
func (e *entry) usual() *hasher.Algorithm { return e.of[0] }

// match returns the candidate by which the file has the listed digest. It returns nil if
// there is none among those computed.
func (e *entry) match(r *pipeline.Result) *hasher.Algorithm {
	for _, alg := range e.of {
		if bytes.Equal(digestBy(r, alg), e.Digest()) {
			return alg
		}
	}
	return nil
}

// judge returns whether the file has the listed digest, and by which algorithm. For a
// mismatch that is the usual candidate, or the one that was computed if the file could
// not be read again.
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

// enough reports whether the verdict for each line that lists a file is final: it
// matches, or all of its candidates were computed.
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

// Candidates determines the candidates of a run's lines. It must be used by one goroutine
// at a time; the slices that it returns are shared and read-only.
type Candidates struct {
	among  []*hasher.Algorithm
	bySize [hasher.MaxSize + 1][]*hasher.Algorithm
	alone  map[*hasher.Algorithm][]*hasher.Algorithm
	orders map[*hasher.Algorithm][]*hasher.Algorithm // orders of candidates, by the first one
}

func NewCandidates(among []*hasher.Algorithm) *Candidates {
	return &Candidates{
		among:  among,
		alone:  map[*hasher.Algorithm][]*hasher.Algorithm{},
		orders: map[*hasher.Algorithm][]*hasher.Algorithm{},
	}
}

// AreOnly reports whether the line that lists a file needs no other algorithm than the
// run's only one.
func (c *Candidates) AreOnly(data *Listed) bool {
	return len(c.among) == 1 && c.among[0] == data.line.usual()
}

// Several reports whether lines may be of more than one algorithm.
func (c *Candidates) Several() bool { return len(c.among) > 1 }

// List returns the file that a well-formed line lists. p holds the algorithms proven by
// earlier lines.
func (c *Candidates) List(of string, line manifest.Line, p *Proven) *Listed {
	return &Listed{manifest: of, line: c.entry(line), proven: p}
}

// Add adds a line that lists the same file. It returns false if the file already has a
// line of the same algorithm.
func (c *Candidates) Add(data *Listed, line manifest.Line) bool {
	if data.has(c.usual(&line)) {
		return false
	}
	data.more = append(data.more, c.entry(line))
	return true
}

// entry returns the entry of a well-formed line.
func (c *Candidates) entry(line manifest.Line) entry {
	if line.Tagged || len(c.among) == 1 {
		return entry{line, c.list(c.usual(&line))}
	}
	if c.bySize[line.Size] == nil {
		c.bySize[line.Size] = algorithm.OfSize(line.Size, c.among)
	}
	return entry{line, c.bySize[line.Size]}
}

// usual returns the algorithm of a line, or the most common one if there are several.
func (c *Candidates) usual(line *manifest.Line) *hasher.Algorithm {
	return c.among[line.Algorithm].Sized(line.Size)
}

// list returns a list of one algorithm.
func (c *Candidates) list(alg *hasher.Algorithm) []*hasher.Algorithm {
	if c.alone[alg] == nil {
		c.alone[alg] = []*hasher.Algorithm{alg}
	}
	return c.alone[alg]
}

// Ask makes an item request the digests needed to judge its lines.
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

// inOrder returns the candidates of a line in the order in which to try them.
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

// together returns the candidates of all lines that list a file, without duplicates. The
// first of them, first in number, include one for each line.
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

// Proven records, for each digest size, the algorithm of the last verified line of a
// manifest. It is nil if each size has only one algorithm.
type Proven struct {
	bySize [hasher.MaxSize + 1]atomic.Pointer[hasher.Algorithm]
}

// NothingProven returns the state at the beginning of a manifest.
func (c *Candidates) NothingProven() *Proven {
	if len(c.among) == 1 {
		return nil
	}
	return &Proven{}
}

// by records that a line was of the given algorithm.
func (p *Proven) by(alg *hasher.Algorithm) {
	if p != nil && p.bySize[alg.Size].Load() != alg {
		p.bySize[alg.Size].Store(alg)
	}
}

// first returns the candidate to try first.
func (p *Proven) first(of []*hasher.Algorithm) *hasher.Algorithm {
	if p == nil || len(of) == 1 {
		return of[0]
	}
	if alg := p.bySize[of[0].Size].Load(); alg != nil {
		return alg
	}
	return of[0]
}
