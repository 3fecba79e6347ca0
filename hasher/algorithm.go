package hasher

import (
	"crypto/sha1"
	"hash"
)

// An Algorithm is one digest function: its names in the field, its sizes, and
// how to start one. Algorithms are compared by address; there is one value for
// each, and it never changes.
type Algorithm struct {
	// Name is what a user calls it: lower case, as `cksum -a` takes it.
	Name string
	// Tag is what BSD-style lines call it: "SHA1 (file) = ...".
	Tag string
	// Size is the digest's length in bytes.
	Size int
	// BlockSize is the length in bytes of the blocks it works in. Every piece
	// of a stream but the last is a multiple of it.
	BlockSize int

	newHash func() hash.Hash
}

// SHA1 is FIPS 180-4's SHA-1. It is broken for collisions: two different files
// with one digest can be made on purpose. It still detects accidents.
var SHA1 = &Algorithm{
	Name:      "sha1",
	Tag:       "SHA1",
	Size:      sha1.Size,
	BlockSize: sha1.BlockSize,
	newHash:   sha1.New,
}

// Lanes is how many streams a worker can hash at once at the most.
const Lanes = 1

// MaxSize is the length in bytes of the longest digest of any algorithm.
const MaxSize = 64
