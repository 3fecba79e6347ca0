// Package algorithm has the names of hash algorithms, as users, manifests and lockfiles
// write them, and the algorithms that have digests of a given length.
//
// It neither computes digests nor parses manifests; see packages hasher and manifest.
package algorithm

import (
	"strconv"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/manifest"
)

const (
	// Auto is the word for all algorithms there are.
	Auto = "auto"
	// MinProofBytes is the shortest digest in bytes for which equality is evidence;
	// shorter ones collide by chance.
	MinProofBytes = 8
	// MinGuessBytes is the shortest digest in bytes whose length may suggest its
	// algorithm. Any even number of hexadecimal digits may be a BLAKE2b digest, but two
	// digits match one file in 256.
	MinGuessBytes = 8
)

// DisplayName returns the name of an algorithm in messages.
func DisplayName(alg *hasher.Algorithm) string {
	if alg.MinSize > 0 && alg.Size < hasher.MaxSize {
		return alg.Name + "-" + strconv.Itoa(8*alg.Size)
	}
	return alg.Name
}

// InManifests describes algorithms for package manifest. all adds the tags of other
// programs; GNU's tools accept only their own.
func InManifests(algorithms []*hasher.Algorithm, all bool) (shown []manifest.Algorithm) {
	for _, alg := range algorithms {
		a := manifest.Algorithm{Tag: alg.Tag, Size: alg.Size, Variable: alg.MinSize > 0}
		if all {
			a.Aliases, a.Padded = alg.OtherTags, true
		}
		shown = append(shown, a)
	}
	return shown
}

// OfSize returns the algorithms with digests of size bytes: first those with that fixed
// or default size, then shortened ones.
func OfSize(size int, among []*hasher.Algorithm) (of []*hasher.Algorithm) {
	var shortened []*hasher.Algorithm
	for _, alg := range among {
		switch sized := alg.Sized(size); sized {
		case nil:
		case alg:
			of = append(of, alg)
		default:
			shortened = append(shortened, sized)
		}
	}
	return append(of, shortened...)
}
