// Package blake2blanes is BLAKE2b (RFC 7693), without a key, for package lanes.
//
// The last block is hashed in another way than those before it, and there is
// always one: whoever isn't sure yet whether a block is the last has to hold it
// back.
package blake2blanes

import "github.com/psha1sum/psha1sum/hasher/internal/lanes"

//go:generate go -C ../lanes/_asm run . -hash blake2b -out ../../blake2blanes/blake2blanes_amd64.s -stubs ../../blake2blanes/stubs_amd64.go -pkg blake2blanes

const (
	// BlockSize is the length in bytes of a block.
	BlockSize = 128
	// MaxSize is the length in bytes of the longest digest.
	MaxSize = 64
)

// The words of a state behind the eight of the chaining value: the bytes hashed
// so far, and all bits set in the last block.
const (
	counter = 8
	final   = 9
)

// Initial512 is the state of a stream without blocks whose digest has 64 bytes.
var Initial512 = lanes.State[uint64]{
	0x6a09e667f2bdc948, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
}

// Initial returns the state of a stream without blocks whose digest has size
// bytes: section 3.3.
func Initial(size int) lanes.State[uint64] {
	var s lanes.State[uint64]
	copy(s[:], iv[:])
	s[0] ^= 0x01010000 ^ uint64(size)
	return s
}

// Algorithm is BLAKE2b. Its rates are of Zen 4, Zen 5, Intel with AVX-512, and AVX2 only:
// SIMD.md tells where they are from.
var Algorithm = lanes.Algorithm[uint64]{
	Prefix:       "blake2b/",
	Words:        10,
	Inputs:       2,
	BlockSize:    BlockSize,
	LittleEndian: true,
	Pad:          pad,
	Kernels: []lanes.Kernel[uint64]{
		{Name: "generic", Lanes: 1, Rates: lanes.Rates{0.64, 0.92, 0.51, 0.64}, Portable: blocksGeneric},
		{Name: "avx512-x1", Lanes: 1, Rates: lanes.Rates{1.12, 0.91, 0.88, 0}, Needs: lanes.AVX512, Assembly: blocksAVX512x1},
		{Name: "avx2-x1", Lanes: 1, Rates: lanes.Rates{1.20, 0.84, 0.71, 1.20}, Needs: lanes.AVX2, Assembly: blocksAVX2x1},
		{Name: "avx2-x4", Lanes: 4, Rates: lanes.Rates{2.93, 3.24, 1.73, 2.93}, Needs: lanes.AVX2, Assembly: blocksAVX2x4},
		{Name: "avx512-x4", Lanes: 4, Rates: lanes.Rates{3.43, 3.43, 2.71, 0}, Needs: lanes.AVX512, Assembly: blocksAVX512x4},
		{Name: "avx512-x8", Lanes: 8, Rates: lanes.Rates{4.10, 6.35, 3.53, 0}, Needs: lanes.AVX512, Assembly: blocksAVX512x8},
	},
}

// pad fills the last block with zeros. Only an empty message has none of its own
// bytes in it. What kernels count from there on is so that they come to the
// message's length, as if its last block began 128 bytes before its end.
func pad(lane *lanes.Lane[uint64], buf *lanes.Tail, length uint64) {
	whole := max(len(lane.Data)-1, 0) / BlockSize * BlockSize
	n := copy(buf[:], lane.Data[whole:])
	clear(buf[n:BlockSize])
	lane.Data, lane.Tail = lane.Data[:whole], buf[:BlockSize]
	lane.Final = [2]uint64{length - BlockSize, ^uint64(0)}
}
