package hasher

import (
	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
	"github.com/psha1sum/psha1sum/hasher/internal/sha1lanes"
)

// Algorithms are all there are, in the order in which they are listed for
// users. Whatever depends on which there are is made from this table.
var Algorithms = []*Algorithm{SHA1}

// SHA1 is FIPS 180-4's SHA-1. It is broken for collisions: two different files
// with one digest can be made on purpose. It still detects accidents.
var SHA1 = &Algorithm{
	Name:      "sha1",
	Tag:       "SHA1",
	Command:   "sha1sum",
	Size:      sha1lanes.Size,
	BlockSize: sha1lanes.Algorithm.BlockSize,
	method:    inLanes(sha1lanes.Algorithm, &sha1lanes.Initial, lanes.Digest, sha1lanes.Size),
}

// Lookup returns the algorithm of that name, or nil.
func Lookup(name string) *Algorithm {
	for _, a := range Algorithms {
		if a.Name == name {
			return a
		}
	}
	return nil
}
