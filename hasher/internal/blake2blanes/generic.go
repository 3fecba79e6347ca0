package blake2blanes

import (
	"encoding/binary"
	"math/bits"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

// blocksGeneric is the reference for all other kernels, and the fastest where there is
// no assembly: RFC 7693, section 3.2, for each block of p.
func blocksGeneric(s *lanes.State[uint64], p []byte) {
	var m [16]uint64
	for ; len(p) >= BlockSize; p = p[BlockSize:] {
		for t := range m {
			m[t] = binary.LittleEndian.Uint64(p[8*t:])
		}
		s[counter] += BlockSize
		v0, v1, v2, v3, v4, v5, v6, v7 := s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]
		v8, v9, v10, v11, v12, v13, v14, v15 := iv[0], iv[1], iv[2], iv[3],
			iv[4]^s[counter], iv[5], iv[6]^s[final], iv[7]
		for r := range sigma {
			w := &sigma[r]
			v0, v4, v8, v12 = mix(v0, v4, v8, v12, m[w[0]&15], m[w[1]&15])
			v1, v5, v9, v13 = mix(v1, v5, v9, v13, m[w[2]&15], m[w[3]&15])
			v2, v6, v10, v14 = mix(v2, v6, v10, v14, m[w[4]&15], m[w[5]&15])
			v3, v7, v11, v15 = mix(v3, v7, v11, v15, m[w[6]&15], m[w[7]&15])
			v0, v5, v10, v15 = mix(v0, v5, v10, v15, m[w[8]&15], m[w[9]&15])
			v1, v6, v11, v12 = mix(v1, v6, v11, v12, m[w[10]&15], m[w[11]&15])
			v2, v7, v8, v13 = mix(v2, v7, v8, v13, m[w[12]&15], m[w[13]&15])
			v3, v4, v9, v14 = mix(v3, v4, v9, v14, m[w[14]&15], m[w[15]&15])
		}
		s[0] ^= v0 ^ v8
		s[1] ^= v1 ^ v9
		s[2] ^= v2 ^ v10
		s[3] ^= v3 ^ v11
		s[4] ^= v4 ^ v12
		s[5] ^= v5 ^ v13
		s[6] ^= v6 ^ v14
		s[7] ^= v7 ^ v15
	}
}

// mix is the function G of section 3.1.
func mix(a, b, c, d, x, y uint64) (uint64, uint64, uint64, uint64) {
	a += b + x
	d = bits.RotateLeft64(d^a, -32)
	c += d
	b = bits.RotateLeft64(b^c, -24)
	a += b + y
	d = bits.RotateLeft64(d^a, -16)
	c += d
	b = bits.RotateLeft64(b^c, -63)
	return a, b, c, d
}

// iv is the initialization vector of section 2.6.
var iv = [8]uint64{
	0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
}

// sigma is the message schedule of section 2.7, with its first two rounds repeated at
// the end.
var sigma = [12][16]uint8{
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	{14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
	{11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
	{7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
	{9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
	{2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
	{12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
	{13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
	{6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
	{10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	{14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
}
