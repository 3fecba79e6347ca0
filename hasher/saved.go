package hasher

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

// A saved state is the state of a stream as bytes, from which a stream of the same
// algorithm goes on, in another process and with other kernels as well:
//
//	version of this format   1 byte
//	size of the digest       1 byte
//	algorithm's name         its length in 1 byte, then the name
//	bytes of the message     8 bytes, a positive multiple of the algorithm's block
//	chaining value           its words
//	block held back          of BLAKE2b alone, the message's last one so far
//
// All numbers are little-endian. Nothing in it is secret that the message isn't, and
// it has no checksum: that is for whoever keeps it.
const savedVersion = 1

// A savable is a state that can be saved.
type savable interface {
	state
	// save appends the number of bytes so far and what came of them.
	save(dst []byte) []byte
	// load is the reverse. It returns false if these bytes can't come from save.
	load(saved []byte) bool
	// taken is the number of bytes so far.
	taken() uint64
}

// Saves reports whether states of the algorithm's streams can be saved. BLAKE3's
// can't: its library has no way to.
func (a *Algorithm) Saves() bool {
	_, ok := a.newState().(savable)
	return ok
}

// Saved returns how many bytes of a message a saved state stands for. ok is false if
// it is none that a stream of this algorithm could have saved.
func (a *Algorithm) Saved(saved []byte) (n int64, ok bool) {
	s, ok := a.newState().(savable)
	if !ok || !a.load(s, saved) {
		return 0, false
	}
	return int64(s.taken()), true
}

// Save appends the state of the message so far to dst. One block at least has been
// written, and every piece that was has been consumed. The algorithm Saves.
func (s *Stream) Save(dst []byte) []byte {
	return s.state.(savable).save(s.queue.alg.savedHead(dst))
}

// Restore has a stream that is at the beginning of a message go on from a saved
// state. It returns false, and the stream is to be Reset, if that is none of the
// algorithm's.
func (s *Stream) Restore(saved []byte) bool {
	state, ok := s.state.(savable)
	return ok && s.queue.alg.load(state, saved)
}

// savedHead appends what saved states of the algorithm begin with.
func (a *Algorithm) savedHead(dst []byte) []byte {
	dst = append(dst, savedVersion, byte(a.Size), byte(len(a.Name)))
	return append(dst, a.Name...)
}

func (a *Algorithm) load(s savable, saved []byte) bool {
	rest, ok := bytes.CutPrefix(saved, a.savedHead(nil))
	return ok && s.load(rest)
}

func (s *laneState[W]) taken() uint64 { return s.length }

// words is how many of the chain are saved: those behind them follow from the length.
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
		s.chain[words] = W(length - uint64(block)) // BLAKE2's counter: all but what is held
	}
	return true
}
