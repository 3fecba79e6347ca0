package hasher

// An Algorithm is one digest function: its names in the field, its sizes, and
// how it is computed. Algorithms are compared by address; there is one value
// for each, and it never changes.
type Algorithm struct {
	// Name is what a user calls it: lower case, as `cksum -a` takes it.
	Name string
	// Tag is what BSD-style lines call it: "SHA1 (file) = ...".
	Tag string
	// OtherTags are what other programs call it in such lines.
	OtherTags []string
	// Command is what the tool for it is called: GNU's, where there is one.
	Command string
	// Size is the digest's length in bytes.
	Size int
	// MinSize is that of the shortest digest that Sized makes of it, 0 if its
	// size is fixed.
	MinSize int
	// BlockSize is the length in bytes of the blocks it works in. Every piece
	// of a stream but the last is a multiple of it.
	BlockSize int

	method
}

// A method is how an algorithm is computed.
type method interface {
	// lanes is how many streams a batch is to have.
	lanes() int
	// rate is the speed of a batch of so many, compared with others.
	rate(streams int) float64
	newEngine() engine
	newState() state
	// kernels returns the names of those that this machine has.
	kernels() []string
}

// MaxSize is the length in bytes of the longest digest of any algorithm.
const MaxSize = 64

// Lanes is how many streams a worker hashes fastest: with fewer it gets less
// done, with more no more.
func (a *Algorithm) Lanes() int { return a.lanes() }

// Sized returns the algorithm with digests of size bytes, or nil if there is
// none. A shorter digest is no part of a longer one.
func (a *Algorithm) Sized(size int) *Algorithm {
	switch {
	case size == a.Size:
		return a
	case a.MinSize == 0 || size < a.MinSize:
		return nil
	}
	return sizedBLAKE2b(size) // nothing else has several
}
