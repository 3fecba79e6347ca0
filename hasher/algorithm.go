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
	// Resized returns the algorithm whose digests have another length, from 1 to
	// Size bytes. It is nil where that is not to be chosen.
	Resized func(size int) *Algorithm
	// BlockSize is the length in bytes of the blocks it works in. Every piece
	// of a stream but the last is a multiple of it.
	BlockSize int

	method
}

// A method is how an algorithm is computed.
type method struct {
	lanes     func() int
	rate      func(streams int) float64
	newEngine func() engine
	newState  func() state
	kernels   func() []string // by name, those that this machine has
}

// MaxSize is the length in bytes of the longest digest of any algorithm.
const MaxSize = 64

// Lanes is how many streams a worker hashes fastest: with fewer it gets less
// done, with more no more.
func (a *Algorithm) Lanes() int { return a.lanes() }
