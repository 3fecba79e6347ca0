// Package md5lanes implements MD5 (RFC 1321) for package lanes.
package md5lanes

import (
	"crypto/md5"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

//go:generate go -C ../lanes/_asm run . -hash md5 -out ../../md5lanes/md5lanes_amd64.s -stubs ../../md5lanes/stubs_amd64.go -pkg md5lanes

// Initial is the initial chaining value (section 3.3).
var Initial = lanes.State[uint32]{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}

// Algorithm is MD5. Rates are for Zen 4, Zen 5, Intel with AVX-512, and AVX2 only;
// SIMD.md says how they were obtained.
var Algorithm = lanes.Algorithm[uint32]{
	Prefix:       "md5/",
	Words:        4,
	BlockSize:    64,
	LittleEndian: true,
	Pad:          lanes.PadLittle32,
	Kernels: []lanes.Kernel[uint32]{
		{Name: "generic", Lanes: 1, Rates: lanes.Rates{0.40, 0.55, 0.32, 0.40}, Portable: blocksGeneric},
		{Name: "crypto/md5", Lanes: 1, Rates: lanes.Rates{0.80, 0.94, 0.64, 0.80},
			Library: &lanes.Library{New: md5.New, Magic: "md5\x01", Unapproved: true}},
		{Name: "avx2-x8", Lanes: 8, Rates: lanes.Rates{4.38, 2.69, 2.58, 4.38}, Needs: lanes.AVX2, Assembly: blocksAVX2x8},
		{Name: "avx512-x8", Lanes: 8, Rates: lanes.Rates{5.19, 3.96, 4.10, 0}, Needs: lanes.AVX512, Assembly: blocksAVX512x8},
		{Name: "avx512-x16", Lanes: 16, Rates: lanes.Rates{8.05, 7.81, 6.92, 0}, Needs: lanes.AVX512, Assembly: blocksAVX512x16},
	},
}
