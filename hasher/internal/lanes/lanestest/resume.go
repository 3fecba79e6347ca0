package lanestest

import (
	"encoding"
	"encoding/binary"
	"hash"
)

// Resume sets a new hash of the standard library to a message of which before bytes
// were absorbed. The marshaled state must end with the message length.
func Resume(h hash.Hash, before uint64) hash.Hash {
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		panic(err)
	}
	binary.BigEndian.PutUint64(state[len(state)-8:], before)
	if err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(state); err != nil {
		panic(err)
	}
	return h
}
