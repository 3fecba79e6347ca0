package hasher

// An Algorithm is a digest function: its names, its sizes and its implementation. There
// is one immutable value per algorithm and digest size, so Algorithms can be compared
// by address.
type Algorithm struct {
	// Name is the lower-case name that `cksum -a` takes.
	Name string
	// Tag names the algorithm in BSD-style lines: "SHA1 (file) = ...".
	Tag string
	// OtherTags are tags that other programs write; they are accepted when lines are
	// read.
	OtherTags []string
	// Command is the name of the usual tool: that of GNU coreutils if it has one.
	Command string
	// Size is the digest's length in bytes.
	Size int
	// MinSize is the size in bytes of the shortest digest that Sized can return, 0 if
	// the size is fixed.
	MinSize int
	// BlockSize is the block length in bytes. Every piece that is written to a stream,
	// except the last, must be a multiple of it.
	BlockSize int

	method
}

// A method implements an algorithm.
type method interface {
	// lanes is the number of streams in a full batch.
	lanes() int
	// rate is the relative speed of a batch of n streams on one worker.
	rate(streams int) float64
	newEngine() engine
	newState() state
	// kernels returns the names of the kernels that this machine can run.
	kernels() []string
}

// MaxSize is the length in bytes of the longest digest of any algorithm.
const MaxSize = 64

// Lanes returns the number of streams in a batch that one worker hashes fastest. More
// streams do not increase the throughput; fewer reduce it.
func (a *Algorithm) Lanes() int { return a.lanes() }

// Sized returns the algorithm with digests of size bytes, or nil if there is none. A
// shorter digest is not a prefix of a longer one.
func (a *Algorithm) Sized(size int) *Algorithm {
	switch {
	case size == a.Size:
		return a
	case a.MinSize == 0 || size < a.MinSize:
		return nil
	}
	return sizedBLAKE2b(size) // only BLAKE2b has several sizes
}
