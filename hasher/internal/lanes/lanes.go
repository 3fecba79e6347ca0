// Package lanes runs the compression function of a hash over many independent
// streams at once on one core. It is the same for every hash whose messages are
// chains of blocks; an [Algorithm] brings what is particular to one.
//
// One stream is a chain: each round waits for the one before. Several streams
// fill each other's waits, either side by side in the lanes of a vector register
// or interleaved. SIMD.md in package hasher tells how; this is what it promises:
//
//   - A [Hasher] takes a batch of [Lane] values of any number and any lengths
//     and returns when every stream has absorbed its blocks. Streams that end
//     early give their place to the next; when fewer remain than a wide kernel
//     needs to pay, narrower ones take over.
//   - Nothing outside the slices is read, nothing is kept of them afterwards,
//     and nothing is allocated, except by a library that has no other way to
//     tell its state: some 100 bytes for each call of minio/sha256-simd.
//   - No call of assembly, which the Go scheduler can't interrupt, lasts longer
//     than a fraction of a millisecond.
//   - Every kernel gives the same result. Which ones run is decided by the CPU
//     and its family, by the environment and by the number of streams, never by their bytes.
//
// Padding is the caller's, with the algorithm's Pad:
//
//	var buf lanes.Tail
//	state := sha1lanes.Initial
//	lane := lanes.Lane[uint32]{State: &state, Data: message}
//	sha1lanes.Algorithm.Pad(&lane, &buf, uint64(len(message)))
//	h := lanes.New(sha1lanes.Algorithm.Available())
//	h.Blocks([]lanes.Lane[uint32]{lane})
//
// There is assembly for amd64. Elsewhere, and with the build tag purego, streams
// are hashed one after the other by the standard library where it has the
// algorithm, and SHA-256 on arm64 by github.com/minio/sha256-simd.
package lanes

import (
	"sync"
	"unsafe"
)

const (
	// MaxLanes is how many streams the widest kernel takes. A row of the array
	// that kernels work on has so many columns, whatever the algorithm.
	MaxLanes = 16
	// MaxWords is the number of words in the longest state.
	MaxWords = 10
	// MaxBlock is the length in bytes of the longest block.
	MaxBlock = 128
	// maxKernels is how many an algorithm can have: as a Set has bits.
	maxKernels = 32
)

// A Word is what an algorithm computes with.
type Word interface{ uint32 | uint64 }

// State is the chaining value of a stream, what its blocks so far amount to,
// and the inputs that an algorithm has beside the blocks. The first words of it
// are in use.
type State[W Word] [MaxWords]W

// A Tail is memory for the end of a message: the rest of its data, and padding.
type Tail [2 * MaxBlock]byte

// An Algorithm is all that is particular to one hash. There is one value for
// each, which doesn't change. All of it can be laid out by the linker, so that it
// costs the start of a program nothing.
type Algorithm[W Word] struct {
	// Prefix is what the names of kernels begin with that other algorithms
	// have as well, so that Used tells them apart.
	Prefix string
	// Words is the number of words of the state.
	Words int
	// Inputs says how many of them, the last ones, are no chaining value but
	// replaced by those of Lane.Final when a message comes to its end. Until then the
	// first counts the bytes that were absorbed, and the others are zero.
	Inputs int
	// BlockSize is the length in bytes of a block.
	BlockSize int
	// LittleEndian says that words of a digest begin with the least significant
	// byte.
	LittleEndian bool
	// Pad prepares the end of a message of length bytes in all. lane.Data is
	// what has not been absorbed of it, and begins at a multiple of BlockSize
	// behind lane.Head. Pad leaves the whole blocks in Data and puts the rest
	// of it, followed by the padding, into buf and Tail.
	Pad func(lane *Lane[W], buf *Tail, length uint64)
	// Kernels are all there are. The first is the reference, in pure Go.
	Kernels []Kernel[W]

	once    sync.Once
	set     Set[W]  // what Available returns
	choices choices // that set's
}

// A Lane is what one stream has to absorb in a call of [Hasher.Blocks]: the
// blocks of Head, then those of Data and of Tail. Each may be empty; its length
// is a multiple of the block's. Tail is for padding, which rarely lies behind the
// data it belongs to, and Head for a block that was held back.
type Lane[W Word] struct {
	State *State[W]
	Head  []byte
	Data  []byte
	Tail  []byte
	Final [2]W // see Algorithm.Inputs
}

// part returns part i of the lane.
func (l *Lane[W]) part(i int) []byte {
	switch i {
	case 0:
		return l.Head
	case 1:
		return l.Data
	}
	return l.Tail
}

const parts = 3

// wordSize is the length of a word in bytes.
func wordSize[W Word]() int { return int(unsafe.Sizeof(W(0))) }

// Digest appends the first size bytes of a chaining value to dst.
func (a *Algorithm[W]) Digest(dst []byte, s *State[W], size int) []byte {
	return appendWords(dst, s, size, a.LittleEndian)
}

func appendWords[W Word](dst []byte, s *State[W], size int, littleEndian bool) []byte {
	bits := 8 * wordSize[W]()
	for i := range size {
		shift := 8 * i % bits
		if !littleEndian {
			shift = bits - 8 - shift
		}
		dst = append(dst, byte(uint64(s[8*i/bits])>>shift))
	}
	return dst
}
