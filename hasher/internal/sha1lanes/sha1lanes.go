// Package sha1lanes is SHA-1 (FIPS 180-4) for package lanes.
package sha1lanes

import (
	"crypto/sha1"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

//go:generate go -C ../lanes/_asm run . -hash sha1 -out ../../sha1lanes/sha1lanes_amd64.s -stubs ../../sha1lanes/stubs_amd64.go -pkg sha1lanes

// Size is the length in bytes of a digest.
const Size = 20

// Initial is the chaining value of a stream without blocks: section 5.3.1.
var Initial = lanes.State[uint32]{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}

// Algorithm is SHA-1. The crossovers' figures are SIMD.md's, in GB/s.
var Algorithm = lanes.Algorithm[uint32]{
	Words:     5,
	BlockSize: 64,
	Pad:       lanes.PadBig32,
	Kernels: []lanes.Kernel[uint32]{
		{Name: "generic", Lanes: 1, From: 1, Rate: 0.33, Portable: blocksGeneric},
		{Name: "crypto/sha1", Lanes: 1, From: 1, Rate: 1.3,
			Library: &lanes.Library{New: sha1.New, Magic: "sha\x01", Unapproved: true}},
		// avx2-x8 1.6, crypto/sha1 1.3: it has only AVX2 itself where there is
		// no SHA-NI.
		{Name: "avx2-x8", Lanes: 8, From: 3, Rate: 4.35, Needs: lanes.AVX2, Assembly: blocksAVX2x8},
		{Name: "shani-x1", Lanes: 1, From: 1, Rate: 1.93, Needs: lanes.SHANI, Assembly: blocksSHANIx1},
		{Name: "shani-x2", Lanes: 2, From: 2, Rate: 3.55, Needs: lanes.SHANI, Assembly: blocksSHANIx2},
		{Name: "shani-x3", Lanes: 3, From: 3, Rate: 4.85, Needs: lanes.SHANI, Assembly: blocksSHANIx3},
		{Name: "shani-x4", Lanes: 4, From: 4, Rate: 5.35, Needs: lanes.SHANI, Assembly: blocksSHANIx4},
		// avx512-x8 4.3, shani-x4 and shani-x1 4.0.
		{Name: "avx512-x8", Lanes: 8, From: 5, Rate: 6.9, Needs: lanes.AVX512, Assembly: blocksAVX512x8},
		// avx512-x16 6.4, avx512-x8 twice 5.6; but 12 are 8 and 4, with 6.3
		// against 5.9.
		{Name: "avx512-x16", Lanes: 16, From: 13, Rate: 7.9, Needs: lanes.AVX512, Assembly: blocksAVX512x16},
	},
}
