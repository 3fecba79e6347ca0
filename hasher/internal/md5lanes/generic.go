package md5lanes

import (
	"encoding/binary"
	"math/bits"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

// blocksGeneric is the reference for all other kernels: RFC 1321, section 3.4, for each
// block of p.
func blocksGeneric(s *lanes.State[uint32], p []byte) {
	var x [16]uint32
	for ; len(p) >= 64; p = p[64:] {
		for t := range x {
			x[t] = binary.LittleEndian.Uint32(p[4*t:])
		}
		a, b, c, d := s[0], s[1], s[2], s[3]
		for t, constant := range table {
			var f uint32
			var word int
			switch t / 16 {
			case 0:
				f, word = b&c|^b&d, t
			case 1:
				f, word = b&d|c&^d, 5*t+1
			case 2:
				f, word = b^c^d, 3*t+5
			default:
				f, word = c^(b|^d), 7*t
			}
			a += f + x[word%16] + constant
			a, b, c, d = d, b+bits.RotateLeft32(a, shifts[t/16][t%4]), b, c
		}
		s[0] += a
		s[1] += b
		s[2] += c
		s[3] += d
	}
}

// shifts are the rotations of each round, repeated every four operations.
var shifts = [4][4]int{{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}

// table is T: table[i-1] is the integer part of 2^32 times abs(sin(i)).
var table = [64]uint32{
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
	0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
	0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
	0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
	0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
	0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
	0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
	0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
}
