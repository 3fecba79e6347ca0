// Package blake2blanes implements unkeyed BLAKE2b (RFC 7693) for package lanes.
//
// The last block of a message is hashed differently, and every message has one. A
// caller that does not know yet whether a block is the last must hold it back.
package blake2blanes

import "github.com/psha1sum/psha1sum/hasher/internal/lanes"

//go:generate go -C ../lanes/_asm run . -hash blake2b -out ../../blake2blanes/blake2blanes_amd64.s -stubs ../../blake2blanes/stubs_amd64.go -pkg blake2blanes

const (
	// BlockSize is the block length in bytes.
	BlockSize = 128
	// MaxSize is the length in bytes of the longest digest.
	MaxSize = 64
)

// Words of the state behind the eight of the chaining value: the number of bytes
// absorbed, and a flag with all bits set for the last block.
const (
	counter = 8
	final   = 9
)

// Initial512 is the initial state for a digest of 64 bytes.
var Initial512 = lanes.State[uint64]{
	0x6a09e667f2bdc948, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
}

// Initial returns the initial state for a digest of size bytes (section 3.3).
func Initial(size int) lanes.State[uint64] {
	var s lanes.State[uint64]
	copy(s[:], iv[:])
	s[0] ^= 0x01010000 ^ uint64(size)
	return s
}

// Algorithm is BLAKE2b. Rates are for Zen 4, Zen 5, Intel with AVX-512, and AVX2 only;
// SIMD.md says how they were obtained.
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

// pad fills the last block with zeros. Only the empty message has a last block without
// data. Kernels add 128 to the counter before the last block, so it is set to the
// message's length less 128.
func pad(lane *lanes.Lane[uint64], buf *lanes.Tail, length uint64) {
	whole := max(len(lane.Data)-1, 0) / BlockSize * BlockSize
	n := copy(buf[:], lane.Data[whole:])
	clear(buf[n:BlockSize])
	lane.Data, lane.Tail = lane.Data[:whole], buf[:BlockSize]
	lane.Final = [2]uint64{length - BlockSize, ^uint64(0)}
}
