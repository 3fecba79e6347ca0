// Package sha1lanes runs SHA-1's compression function (FIPS 180-4) over many
// independent streams at once on one core.
//
// One stream is a chain: each round waits for the one before. Several streams
// fill each other's waits, either side by side in the lanes of a vector register
// or interleaved. SIMD.md in package hasher tells how; this is what it promises:
//
//   - A [Hasher] takes a batch of [Lane] values of any number and any lengths
//     and returns when every stream has absorbed its blocks. Streams that end
//     early give their place to the next; when fewer remain than a wide kernel
//     needs to pay, a narrower one takes over.
//   - Nothing outside the slices is read, nothing is kept of them afterwards,
//     and nothing is allocated.
//   - No call of assembly, which the Go scheduler can't interrupt, lasts longer
//     than a fraction of a millisecond.
//   - Every kernel gives the same result. Which ones run is decided by the CPU,
//     by the environment and by the number of streams, never by their bytes.
//
// Padding is the caller's, with [Pad]:
//
//	var buf [2 * sha1lanes.BlockSize]byte
//	state := sha1lanes.Initial()
//	data, tail := sha1lanes.Pad(&buf, message, uint64(len(message)))
//	h := sha1lanes.New(sha1lanes.Available())
//	h.Blocks([]sha1lanes.Lane{{State: &state, Data: data, Tail: tail}})
//	digest := state.Digest()
//
// There is assembly for amd64. Elsewhere, and with the build tag purego, streams
// are hashed one after the other by crypto/sha1, which has SHA instructions of
// its own on arm64.
package sha1lanes

import "encoding/binary"

//go:generate go -C _asm run . -out ../sha1lanes_amd64.s -stubs ../stubs_amd64.go -pkg sha1lanes

const (
	// BlockSize is the length in bytes of a block.
	BlockSize = 64
	// Size is the length in bytes of a digest.
	Size = 20
	// MaxLanes is how many streams the widest kernel takes.
	MaxLanes = 16
)

// State is the chaining value of a stream: what its blocks so far amount to.
type State [5]uint32

// Initial returns the chaining value of a stream without blocks.
func Initial() State {
	return State{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}
}

// Digest returns the digest of a stream whose padding has been absorbed.
func (s *State) Digest() (digest [Size]byte) {
	for i, word := range s {
		binary.BigEndian.PutUint32(digest[4*i:], word)
	}
	return digest
}

// A Lane is what one stream has to absorb in a call of [Hasher.Blocks]: the
// blocks of Data, then those of Tail. Either may be empty; the length of both
// is a multiple of BlockSize. Tail is for padding, which rarely lies behind the
// data it belongs to.
type Lane struct {
	State *State
	Data  []byte
	Tail  []byte
}

// Pad prepares the end of a message. data is what has not been absorbed yet of
// the length bytes the message has in all; it begins at a multiple of BlockSize.
// Pad returns the whole blocks of data, and in buf the rest of it followed by
// the padding.
func Pad(buf *[2 * BlockSize]byte, data []byte, length uint64) (blocks, tail []byte) {
	whole := len(data) / BlockSize * BlockSize
	n := copy(buf[:], data[whole:])
	end := BlockSize
	if n+1+8 > BlockSize { // the marker bit and the length don't fit
		end = 2 * BlockSize
	}
	clear(buf[n:end])
	buf[n] = 0x80
	binary.BigEndian.PutUint64(buf[end-8:], length<<3) // in bits, modulo 2^64 as in crypto/sha1
	return data[:whole], buf[:end]
}
