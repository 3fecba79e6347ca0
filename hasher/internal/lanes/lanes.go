// Package lanes runs the compression function of a hash over many independent streams
// at once on one core. It works for every hash that processes a message as a sequence
// of blocks; an [Algorithm] describes one of them.
//
// Each round of a stream depends on the round before. Several streams hide that
// latency, either in the lanes of a vector register or interleaved (see SIMD.md in
// package hasher). The package guarantees:
//   - A [Hasher] takes a batch of any number of [Lane] values of any length and
//     returns when all streams have absorbed their blocks. A lane that ends early
//     is replaced by the next; when too few remain for a wide kernel, narrower ones
//     are used.
//   - Nothing outside the slices is read, no reference to them is kept, and nothing
//     is allocated, except by minio/sha256-simd: about 100 bytes per call, because
//     it can't marshal its state into an existing slice.
//   - A call of assembly, which the Go scheduler can't preempt, takes a fraction of
//     a millisecond.
//   - All kernels give the same result. The choice among them depends on the CPU and
//     its family, the environment and the number of streams, never on the data.
//
// The caller pads messages with the algorithm's Pad:
//
//	var buf lanes.Tail
//	state := sha1lanes.Initial
//	lane := lanes.Lane[uint32]{State: &state, Data: message}
//	sha1lanes.Algorithm.Pad(&lane, &buf, uint64(len(message)))
//	h := lanes.New(sha1lanes.Algorithm.Available())
//	h.Blocks([]lanes.Lane[uint32]{lane})
//
// There is assembly for amd64. On other platforms, and with the build tag purego,
// streams are hashed one after another by the standard library if it has the algorithm.
// On arm64 SHA-256 uses github.com/minio/sha256-simd.
package lanes

import (
	"sync"
	"unsafe"
)

const (
	// MaxLanes is the number of lanes of the widest kernel. Rows of the digests array
	// have this length for every algorithm.
	MaxLanes = 16
	// MaxWords is the number of words in the longest state.
	MaxWords = 10
	// MaxBlock is the length in bytes of the longest block.
	MaxBlock = 128
	// maxKernels is the number of kernels that a Set has bits for.
	maxKernels = 32
)

// A Word is the unit of an algorithm's arithmetic.
type Word interface{ uint32 | uint64 }

// State is the chaining value of a stream, followed by the algorithm's further inputs,
// if any. Only the first Algorithm.Words words are used.
type State[W Word] [MaxWords]W

// A Tail is memory for the rest of a message and its padding.
type Tail [2 * MaxBlock]byte

// An Algorithm describes one hash. There is one value per algorithm, which doesn't
// change. It is initialised statically, so that it adds nothing to a program's
// start-up.
type Algorithm[W Word] struct {
	// Prefix distinguishes kernels of this algorithm from those of the same name in
	// others; it ends in a slash. SHA-1 has none.
	Prefix string
	// Words is the number of words in the state.
	Words int
	// Inputs is how many of these words, the last ones, are not part of the chaining
	// value: first the number of bytes absorbed, then zeros. At the end of the message,
	// Lane.Final replaces them.
	Inputs int
	// BlockSize is the block length in bytes.
	BlockSize int
	// LittleEndian is set if the words of the digest are stored least significant byte
	// first.
	LittleEndian bool
	// Pad prepares the end of a message of length bytes in total. lane.Data is the
	// part that has not been absorbed yet, which begins at a multiple of BlockSize,
	// after lane.Head. Pad leaves whole blocks in Data, copies the rest into buf,
	// appends the padding and sets Tail to it.
	Pad func(lane *Lane[W], buf *Tail, length uint64)
	// Kernels are all implementations. The first is the reference in pure Go.
	Kernels []Kernel[W]

	once    sync.Once
	set     Set[W]  // result of Available
	choices choices // choices of set
}

// A Lane is the input of one stream to [Hasher.Blocks]: the blocks in Head, then Data,
// then Tail. Each part may be empty and must be a multiple of the block size. Head is
// for a block that was held back, Tail for the padding.
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

// wordSize returns the length of a word in bytes.
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
