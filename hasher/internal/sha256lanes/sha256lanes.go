// Package sha256lanes is SHA-256 and SHA-224 (FIPS 180-4) for package lanes. They
// differ in where they start and in how much of the end is the digest.
package sha256lanes

import (
	"crypto/sha256"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

//go:generate go -C ../lanes/_asm run . -hash sha256 -out ../../sha256lanes/sha256lanes_amd64.s -stubs ../../sha256lanes/stubs_amd64.go -pkg sha256lanes

// The chaining values of streams without blocks: sections 5.3.2 and 5.3.3.
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

// Algorithm is SHA-256. SIMD.md has the figures.
var Algorithm = lanes.Algorithm[uint32]{
	Prefix:    "sha256/",
	Words:     8,
	BlockSize: 64,
	Pad:       lanes.PadBig32,
	Kernels: []lanes.Kernel[uint32]{
		{Name: "generic", Lanes: 1, From: 1, Rate: 0.25, Portable: blocksGeneric},
		{Name: "crypto/sha256", Lanes: 1, From: 1, Rate: 0.55,
			Library: &lanes.Library{New: sha256.New, Magic: "sha\x03"}},
		{Name: "avx2-x8", Lanes: 8, From: 3, Rate: 1.84, Needs: lanes.AVX2, Assembly: blocksAVX2x8},
		// As fast as shani-x2, but with all lanes only: for CPUs without SHA-NI.
		{Name: "avx512-x8", Lanes: 8, From: 2, Rate: 3.6, Needs: lanes.AVX512, Assembly: blocksAVX512x8},
		{Name: "shani-x1", Lanes: 1, From: 1, Rate: 1.8, Needs: lanes.SHANI, Assembly: blocksSHANIx1},
		{Name: "shani-x2", Lanes: 2, From: 2, Rate: 3.55, Needs: lanes.SHANI, Assembly: blocksSHANIx2},
		// 3.56, shani-x2 and shani-x1 3.33; but 14 are seven times shani-x2.
		{Name: "avx512-x16", Lanes: 16, From: 15, Rate: 3.8, Needs: lanes.AVX512, Assembly: blocksAVX512x16},
	},
}
