// Package sha1lanes implements SHA-1 (FIPS 180-4) for package lanes.
package sha1lanes

import (
	"crypto/sha1"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

//go:generate go -C ../lanes/_asm run . -hash sha1 -out ../../sha1lanes/sha1lanes_amd64.s -stubs ../../sha1lanes/stubs_amd64.go -pkg sha1lanes

// Size is the length in bytes of a digest.
const Size = 20

// Initial is the initial chaining value (section 5.3.1).
var Initial = lanes.State[uint32]{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}

// Algorithm is SHA-1. Rates are for Zen 4, Zen 5, Intel with AVX-512, and AVX2 only;
// SIMD.md says how they were obtained.
var Algorithm = lanes.Algorithm[uint32]{
	Words:     5,
	BlockSize: 64,
	Pad:       lanes.PadBig32,
	Kernels: []lanes.Kernel[uint32]{
		{Name: "generic", Lanes: 1, Rates: lanes.Rates{0.33, 0.40, 0.27, 0.33}, Portable: blocksGeneric},
		// Its rates were measured without SHA-NI: with it, shani-x1 is used instead.
		{Name: "crypto/sha1", Lanes: 1, Rates: lanes.Rates{1.30, 1.46, 1.07, 1.30},
			Library: &lanes.Library{New: sha1.New, Magic: "sha\x01", Unapproved: true}},
		{Name: "avx2-x8", Lanes: 8, Rates: lanes.Rates{4.35, 4.16, 2.56, 4.35}, Needs: lanes.AVX2, Assembly: blocksAVX2x8},
		{Name: "shani-x1", Lanes: 1, Rates: lanes.Rates{1.93, 2.20, 1.55, 1.93}, Needs: lanes.SHANI, Assembly: blocksSHANIx1},
		{Name: "shani-x2", Lanes: 2, Rates: lanes.Rates{3.55, 4.28, 1.62, 3.55}, Needs: lanes.SHANI, Assembly: blocksSHANIx2},
		{Name: "shani-x3", Lanes: 3, Rates: lanes.Rates{4.85, 5.44, 1.67, 4.85}, Needs: lanes.SHANI, Assembly: blocksSHANIx3},
		{Name: "shani-x4", Lanes: 4, Rates: lanes.Rates{5.35, 6.38, 1.62, 5.35}, Needs: lanes.SHANI, Assembly: blocksSHANIx4},
		{Name: "avx512-x8", Lanes: 8, Rates: lanes.Rates{6.90, 6.68, 5.45, 0}, Needs: lanes.AVX512, Assembly: blocksAVX512x8},
		{Name: "avx512-x16", Lanes: 16, Rates: lanes.Rates{7.90, 12.91, 6.80, 0}, Needs: lanes.AVX512, Assembly: blocksAVX512x16},
	},
}
