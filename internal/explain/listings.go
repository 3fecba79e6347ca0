package explain

import (
	"bytes"
	"hash/maphash"
	"math"
	"strings"

	"github.com/psha1sum/psha1sum/internal/algorithm"
	"github.com/psha1sum/psha1sum/manifest"
)

// listings is a compact record of a manifest's lines, used to find a digest among them.
type listings struct {
	seed maphash.Seed
	runs [][]listing
}

// A listing is a line: the beginning of its digest, and a hash of its name to compare
// with others.
type listing struct {
	name   uint64
	digest prefix
	line   uint32 // MaxUint32: too large to store
}

// A prefix is the beginning of a digest, padded with zeros.
type prefix [12]byte

// listingsRun is the number of listings allocated at a time.
const listingsRun = 1 << 12

func (l *listings) add(line *manifest.Line) {
	if l.runs == nil {
		l.seed = maphash.MakeSeed()
	}
	if n := len(l.runs); n == 0 || len(l.runs[n-1]) == listingsRun {
		l.runs = append(l.runs, make([]listing, 0, runSize(n)))
	}
	last := &l.runs[len(l.runs)-1]
	*last = append(*last, listing{
		name:   l.hash(line.Name),
		digest: prefixOf(line.Digest()),
		line:   uint32(min(line.Number, math.MaxUint32)),
	})
}

// runSize returns the capacity of the next run. The first is small, because there may be
// thousands of small manifests.
func runSize(before int) int {
	if before == 0 {
		return 16
	}
	return listingsRun
}

// hash returns the hash of a name without a leading "./".
func (l *listings) hash(name string) uint64 {
	return maphash.String(l.seed, strings.TrimPrefix(name, "./"))
}

func prefixOf(digest []byte) (p prefix) {
	copy(p[:], digest)
	return p
}

// swaps maps failed lines to the lines that list what was found instead.
type swaps map[*failedLine]swap

// A swap is a line that lists the actual digest of a failed file.
type swap struct {
	line      uint64
	name      string // "": unknown
	same      bool   // it lists the same file
	exchanged bool   // and its file has the digest listed for the other
	has       bool   // instead: the failed file was not read, and the line's file has its digest
}

// firstOf returns the swap with the lower line number.
func firstOf(a, b swap) swap {
	if a.line == 0 || b.line < a.line {
		return b
	}
	return a
}

// swaps finds the lines that list the digests of failed files.
func (l *listings) swaps(failures []*failedFile) swaps {
	wanted := map[prefix][]*failedLine{}
	names := map[*failedLine]string{}
	listedBy := map[string][]*failedLine{}
	for _, f := range failures {
		for i := range f.lines {
			line := &f.lines[i]
			names[line] = f.name
			listedBy[string(line.expected)] = append(listedBy[string(line.expected)], line)
			if len(line.actual) >= algorithm.MinProofBytes {
				p := prefixOf(line.actual)
				wanted[p] = append(wanted[p], line)
			}
		}
	}
	found := l.find(wanted, names)
	for line, s := range found {
		found[line] = exchange(line, s, listedBy[string(line.actual)], names)
	}
	for has := range names {
		for _, line := range listedBy[string(has.actual)] {
			if line.actual == nil && line.algorithm == has.algorithm && len(has.actual) >= algorithm.MinProofBytes {
				found[line] = firstOf(found[line], swap{line: has.number, name: names[has], has: true})
			}
		}
	}
	return found
}

// find returns, for each wanted digest, the first other line that lists it.
func (l *listings) find(wanted map[prefix][]*failedLine, names map[*failedLine]string) swaps {
	found := swaps{}
	if len(wanted) == 0 {
		return found
	}
	for _, run := range l.runs {
		for _, listing := range run {
			for _, line := range wanted[listing.digest] {
				if _, ok := found[line]; !ok && uint64(listing.line) != line.number && listing.line != math.MaxUint32 {
					found[line] = swap{line: uint64(listing.line), same: listing.name == l.hash(names[line])}
				}
			}
		}
	}
	return found
}

// exchange adds to s what is known if the other line failed as well. others are the
// failed lines that list the actual digest of line.
func exchange(line *failedLine, s swap, others []*failedLine, names map[*failedLine]string) swap {
	for _, other := range others {
		if other == line || other.algorithm != line.algorithm {
			continue
		}
		if bytes.Equal(other.actual, line.expected) && names[other] != names[line] {
			return swap{line: other.number, name: names[other], exchanged: true}
		}
		if other.number == s.line {
			s.name = names[other]
		}
	}
	return s
}
