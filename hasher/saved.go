package hasher

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

// A saved state is the state of an unfinished stream as bytes. A stream of the same
// algorithm can continue from it, also in another process and with other kernels:
//
//	version of this format   1 byte
//	size of the digest       1 byte
//	algorithm's name         its length in 1 byte, then the name
//	bytes of the message     8 bytes, a positive multiple of the algorithm's block
//	chaining value           its words
//	block held back          BLAKE2b only: the last block of the message so far
//
// All numbers are little-endian. A saved state reveals no more than the message does.
// It has no checksum; whoever stores it must detect damage.
const savedVersion = 1

// A savable is a state that can be saved.
type savable interface {
	state
	// save appends the number of bytes absorbed so far and the chaining value.
	save(dst []byte) []byte
	// load is the inverse of save. It returns false if saved is malformed.
	load(saved []byte) bool
	// taken returns the number of bytes absorbed so far.
	taken() uint64
}

// Saves reports whether states of this algorithm's streams can be saved. It is false
// for BLAKE3, whose library does not expose its state.
func (a *Algorithm) Saves() bool {
	_, ok := a.newState().(savable)
	return ok
}

// Saved returns the number of message bytes that a saved state covers. ok is false if
// saved is not a state of this algorithm.
func (a *Algorithm) Saved(saved []byte) (n int64, ok bool) {
	s, ok := a.newState().(savable)
	if !ok || !a.load(s, saved) {
		return 0, false
	}
	return int64(s.taken()), true
}

// Save appends the state of the unfinished message to dst. At least one block must have
// been written, every piece consumed, and the algorithm's Saves must be true.
func (s *Stream) Save(dst []byte) []byte {
	return s.state.(savable).save(s.queue.alg.savedHead(dst))
}

// Restore makes a stream at the beginning of a message continue from a saved state. It
// returns false if saved is not a state of this algorithm; the stream must then be
// Reset.
func (s *Stream) Restore(saved []byte) bool {
	state, ok := s.state.(savable)
	return ok && s.queue.alg.load(state, saved)
}

// savedHead appends the header of this algorithm's saved states.
func (a *Algorithm) savedHead(dst []byte) []byte {
	dst = append(dst, savedVersion, byte(a.Size), byte(len(a.Name)))
	return append(dst, a.Name...)
}

func (a *Algorithm) load(s savable, saved []byte) bool {
	rest, ok := bytes.CutPrefix(saved, a.savedHead(nil))
	return ok && s.load(rest)
}

func (s *laneState[W]) taken() uint64 { return s.length }

// words returns how many words of the state are saved; the inputs behind them follow
// from the length.
func (m *inLanes[W]) words() int { return m.alg.Words - m.alg.Inputs }

func (s *laneState[W]) save(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, s.length)
	for _, word := range s.chain[:s.method.words()] {
		dst, _ = binary.Append(dst, binary.LittleEndian, word)
	}
	if holdsBack(s.method.alg) {
		dst = append(dst, s.held[:s.method.alg.BlockSize]...)
	}
	return dst
}

func (s *laneState[W]) load(saved []byte) bool {
	m := s.method
	words, block := m.words(), m.alg.BlockSize
	size := 8 + words*binary.Size(W(0))
	if holdsBack(m.alg) {
		size += block
	}
	if len(saved) != size {
		return false
	}
	length := binary.LittleEndian.Uint64(saved)
	if length == 0 || length > math.MaxInt64 || length%uint64(block) != 0 {
		return false
	}
	s.length, s.chain = length, lanes.State[W]{}
	n, _ := binary.Decode(saved[8:], binary.LittleEndian, s.chain[:words])
	if s.holds = holdsBack(m.alg); s.holds {
		copy(s.held[:block], saved[8+n:])
		s.chain[words] = W(length - uint64(block)) // BLAKE2's counter does not include the held block
	}
	return true
}
