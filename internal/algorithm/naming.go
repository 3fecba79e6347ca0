// Package algorithm has the names by which people, manifests and lockfiles call hash
// algorithms, and what the length of a digest tells of its algorithm.
//
// It knows names and lengths. How a digest is computed package hasher knows, and how a
// manifest is parsed package manifest; it reads and prints nothing.
package algorithm

import (
	"strconv"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/manifest"
)

const (
	// Auto is the word for all algorithms there are.
	Auto = "auto"
	// MinProofBytes is how many bytes a digest has at the least if it is no accident
	// that it equals another.
	MinProofBytes = 8
	// MinGuessBytes is how many bytes a digest has at the least that tells its algorithm
	// by its length. Of BLAKE2b's any number of digits may be one, and two are those of
	// one file in 256.
	MinGuessBytes = 8
)

// DisplayName is what an algorithm is called.
func DisplayName(alg *hasher.Algorithm) string {
	if alg.MinSize > 0 && alg.Size < hasher.MaxSize {
		return alg.Name + "-" + strconv.Itoa(8*alg.Size)
	}
	return alg.Name
}

// InManifests are algorithms as manifests show them. GNU's tools know only their own
// tags, and only as they write them; others are taken as well if all is.
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

// OfSize returns the algorithms that have digests of so many bytes, the usual
// one first: one that always has so many goes before one that is shortened.
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
