package sha1lanes

import (
	"crypto/sha1"
	"encoding"
	"encoding/binary"
	"hash"
)

// standard hashes blocks with crypto/sha1, whose own assembly is the fastest
// there is for one stream on most platforms. It reaches the compression function
// through the hash's marshaled state, the only door there is.
type standard struct {
	hash  resumable
	state [marshaledSize]byte
}

// A resumable hash can be put into any state and asked for it.
type resumable interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// The format of crypto/sha1: the magic string, the chaining value, a part of a
// block, of which there is none here, and the length of the message so far,
// whose value doesn't matter as long as it is one of whole blocks.
const (
	marshaledMagic = "sha\x01"
	marshaledSize  = len(marshaledMagic) + Size + BlockSize + 8
)

func newStandard() standard {
	var s standard
	s.hash, _ = sha1.New().(resumable)
	copy(s.state[:], marshaledMagic)
	return s
}

// blocks makes s absorb p. Should a release of Go change the format, which none
// did so far, the pure Go code takes over: slower, but never wrong.
func (std *standard) blocks(s *State, p []byte) {
	if !std.set(s) {
		blocksGeneric(s, p)
		return
	}
	std.hash.Write(p)
	if !std.get(s) {
		blocksGeneric(s, p)
	}
}

func (std *standard) set(s *State) bool {
	for i, word := range s {
		binary.BigEndian.PutUint32(std.state[len(marshaledMagic)+4*i:], word)
	}
	return std.hash != nil && std.hash.UnmarshalBinary(std.state[:]) == nil
}

func (std *standard) get(s *State) bool {
	state, err := std.hash.AppendBinary(std.state[:0])
	if err != nil || len(state) != marshaledSize || string(state[:len(marshaledMagic)]) != marshaledMagic {
		return false
	}
	for i := range s {
		s[i] = binary.BigEndian.Uint32(state[len(marshaledMagic)+4*i:])
	}
	return true
}
