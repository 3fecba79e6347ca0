// Package md5lanes is MD5 (RFC 1321) for package lanes.
package md5lanes

import (
	"crypto/md5"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

//go:generate go -C ../lanes/_asm run . -hash md5 -out ../../md5lanes/md5lanes_amd64.s -stubs ../../md5lanes/stubs_amd64.go -pkg md5lanes

// Initial is the chaining value of a stream without blocks: section 3.3.
var Initial = lanes.State[uint32]{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}

// Algorithm is MD5. SIMD.md has the figures.
var Algorithm = lanes.Algorithm[uint32]{
	Prefix:       "md5/",
	Words:        4,
	BlockSize:    64,
	LittleEndian: true,
	Pad:          lanes.PadLittle32,
	Kernels: []lanes.Kernel[uint32]{
		{Name: "generic", Lanes: 1, From: 1, Rate: 0.4, Portable: blocksGeneric},
		{Name: "crypto/md5", Lanes: 1, From: 1, Rate: 0.8,
			Library: &lanes.Library{New: md5.New, Magic: "md5\x01", Unapproved: true}},
		{Name: "avx2-x8", Lanes: 8, From: 2, Rate: 4.38, Needs: lanes.AVX2, Assembly: blocksAVX2x8},
		{Name: "avx512-x8", Lanes: 8, From: 2, Rate: 5.19, Needs: lanes.AVX512, Assembly: blocksAVX512x8},
		{Name: "avx512-x16", Lanes: 16, From: 9, Rate: 8.05, Needs: lanes.AVX512, Assembly: blocksAVX512x16},
	},
}
