package lanes

import "encoding/binary"

// Most hashes pad a message the same way: a one bit, zero bits, and the length in bits
// at the end of a block.

// PadBig32 pads with a big-endian 64-bit length, for SHA-1 and SHA-256 (FIPS 180-4,
// section 5.1.1).
func PadBig32(lane *Lane[uint32], buf *Tail, length uint64) {
	end := mark(lane, buf, 64, 8)
	binary.BigEndian.PutUint64(buf[end-8:], length<<3) // modulo 2^64, as in crypto/sha1
}

// PadLittle32 pads with a little-endian 64-bit length, for MD5 (RFC 1321, section 3.2).
func PadLittle32(lane *Lane[uint32], buf *Tail, length uint64) {
	end := mark(lane, buf, 64, 8)
	binary.LittleEndian.PutUint64(buf[end-8:], length<<3)
}

// PadBig64 pads with a big-endian 128-bit length, for SHA-512 (FIPS 180-4, section
// 5.1.2).
func PadBig64(lane *Lane[uint64], buf *Tail, length uint64) {
	end := mark(lane, buf, 128, 16)
	binary.BigEndian.PutUint64(buf[end-16:], length>>61)
	binary.BigEndian.PutUint64(buf[end-8:], length<<3)
}

// mark moves the incomplete block at the end of the data to the tail and appends the
// first bit of the padding. It returns the length of the tail, whose last bytes are for
// the message length.
func mark[W Word](lane *Lane[W], buf *Tail, block, length int) (end int) {
	whole := len(lane.Data) / block * block
	n := copy(buf[:block], lane.Data[whole:])
	end = block
	if n+1+length > block { // the marker bit and the length don't fit
		end = 2 * block
	}
	clear(buf[n:end])
	buf[n] = 0x80
	lane.Data, lane.Tail = lane.Data[:whole], buf[:end]
	return end
}
