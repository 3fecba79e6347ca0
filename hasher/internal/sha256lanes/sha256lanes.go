// Package sha256lanes implements SHA-256 and SHA-224 (FIPS 180-4) for package lanes.
// They differ in the initial chaining value and the length of the digest.
package sha256lanes

import (
	"crypto/sha256"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

//go:generate go -C ../lanes/_asm run . -hash sha256 -out ../../sha256lanes/sha256lanes_amd64.s -stubs ../../sha256lanes/stubs_amd64.go -pkg sha256lanes

// Initial chaining values (sections 5.3.2 and 5.3.3).
var (
	Initial224 = lanes.State[uint32]{
		0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939,
		0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4,
	}
	Initial256 = lanes.State[uint32]{
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	}
)

// Algorithm is SHA-256. Rates are for Zen 4, Zen 5, Intel with AVX-512, and AVX2 only;
// SIMD.md says how they were obtained.
var Algorithm = lanes.Algorithm[uint32]{
	Prefix:    "sha256/",
	Words:     8,
	BlockSize: 64,
	Pad:       lanes.PadBig32,
	Kernels: []lanes.Kernel[uint32]{
		{Name: "generic", Lanes: 1, Rates: lanes.Rates{0.25, 0.28, 0.20, 0.25}, Portable: blocksGeneric},
		// Its rates were measured without SHA-NI: with it, shani-x1 is used instead.
		{Name: "crypto/sha256", Lanes: 1, Rates: lanes.Rates{0.55, 0.65, 0.44, 0.55},
			Library: &lanes.Library{New: sha256.New, Magic: "sha\x03"}},
		// The rates are those of crypto/sha256. On a tie the later kernel is chosen, so
		// this one is preferred to crypto/sha256 and to no other.
		{Name: "minio/sha256-simd", Lanes: 1, Rates: lanes.Rates{0.55, 0.65, 0.44, 0.55},
			Library: &lanes.Library{New: newSIMD, Magic: "sha\x03", Has: hasSIMD}},
		{Name: "avx2-x8", Lanes: 8, Rates: lanes.Rates{1.84, 2.01, 1.09, 1.84}, Needs: lanes.AVX2, Assembly: blocksAVX2x8},
		{Name: "avx512-x8", Lanes: 8, Rates: lanes.Rates{3.60, 3.48, 2.84, 0}, Needs: lanes.AVX512, Assembly: blocksAVX512x8},
		{Name: "shani-x1", Lanes: 1, Rates: lanes.Rates{1.80, 2.10, 1.44, 1.80}, Needs: lanes.SHANI, Assembly: blocksSHANIx1},
		{Name: "shani-x2", Lanes: 2, Rates: lanes.Rates{3.55, 3.38, 2.06, 3.55}, Needs: lanes.SHANI, Assembly: blocksSHANIx2},
		{Name: "avx512-x16", Lanes: 16, Rates: lanes.Rates{3.80, 6.75, 3.27, 0}, Needs: lanes.AVX512, Assembly: blocksAVX512x16},
	},
}
