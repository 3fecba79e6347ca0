package sha1lanes

import (
	"encoding/binary"
	"math/bits"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

// blocksGeneric is the reference for all other kernels: FIPS 180-4, section 6.1.2, for
// each block of p.
func blocksGeneric(s *lanes.State[uint32], p []byte) {
	var w [80]uint32
	for ; len(p) >= 64; p = p[64:] {
		for t := range 16 {
			w[t] = binary.BigEndian.Uint32(p[4*t:])
		}
		for t := 16; t < 80; t++ {
			w[t] = bits.RotateLeft32(w[t-3]^w[t-8]^w[t-14]^w[t-16], 1)
		}
		a, b, c, d, e := s[0], s[1], s[2], s[3], s[4]
		for t, word := range w {
			f, k := roundFunction(t, b, c, d)
			a, b, c, d, e = bits.RotateLeft32(a, 5)+f+e+k+word, a, bits.RotateLeft32(b, 30), c, d
		}
		s[0] += a
		s[1] += b
		s[2] += c
		s[3] += d
		s[4] += e
	}
}

// roundFunction returns f and K of round t: sections 4.1.1 and 4.2.1.
func roundFunction(t int, x, y, z uint32) (f, k uint32) {
	switch t / 20 {
	case 0:
		return x&y | ^x&z, 0x5a827999
	case 1:
		return x ^ y ^ z, 0x6ed9eba1
	case 2:
		return x&y | x&z | y&z, 0x8f1bbcdc
	default:
		return x ^ y ^ z, 0xca62c1d6
	}
}
