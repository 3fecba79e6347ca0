// Package sha512lanes implements SHA-512, SHA-384 and SHA-512/256 (FIPS 180-4) for
// package lanes. They differ in the initial chaining value and the length of the
// digest.
package sha512lanes

import (
	"crypto/sha512"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

//go:generate go -C ../lanes/_asm run . -hash sha512 -out ../../sha512lanes/sha512lanes_amd64.s -stubs ../../sha512lanes/stubs_amd64.go -pkg sha512lanes

// Initial chaining values (sections 5.3.4 to 5.3.6).
var (
	Initial384 = lanes.State[uint64]{
		0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
		0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
	}
	Initial512 = lanes.State[uint64]{
		0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
		0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
	}
	Initial512_256 = lanes.State[uint64]{
		0x22312194fc2bf72c, 0x9f555fa3c84c64c2, 0x2393b86b6f53b151, 0x963877195940eabd,
		0x96283ee2a88effe3, 0xbe5e1e2553863992, 0x2b0199fc2c85b8aa, 0x0eb72ddc81c52ca2,
	}
)

// Algorithm is SHA-512. Rates are for Zen 4, Zen 5, Intel with AVX-512, and AVX2 only;
// SIMD.md says how they were obtained.
var Algorithm = lanes.Algorithm[uint64]{
	Prefix:    "sha512/",
	Words:     8,
	BlockSize: 128,
	Pad:       lanes.PadBig64,
	Kernels: []lanes.Kernel[uint64]{
		{Name: "generic", Lanes: 1, Rates: lanes.Rates{0.37, 0.45, 0.30, 0.37}, Portable: blocksGeneric},
		{Name: "crypto/sha512", Lanes: 1, Rates: lanes.Rates{0.77, 1.07, 0.62, 0.77},
			Library: &lanes.Library{New: sha512.New, Magic: "sha\x07"}},
		{Name: "avx2-x4", Lanes: 4, Rates: lanes.Rates{1.49, 1.62, 0.88, 1.49}, Needs: lanes.AVX2, Assembly: blocksAVX2x4},
		{Name: "avx512-x4", Lanes: 4, Rates: lanes.Rates{2.92, 2.82, 2.31, 0}, Needs: lanes.AVX512, Assembly: blocksAVX512x4},
		{Name: "avx512-x8", Lanes: 8, Rates: lanes.Rates{3.00, 5.49, 2.58, 0}, Needs: lanes.AVX512, Assembly: blocksAVX512x8},
	},
}
