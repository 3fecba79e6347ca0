package hasher

import (
	"strings"

	"github.com/psha1sum/psha1sum/hasher/internal/sha1lanes"
)

// SHA1 is FIPS 180-4's SHA-1. It is broken for collisions: two different files
// with one digest can be made on purpose. It still detects accidents.
var SHA1 = &Algorithm{
	Name:      "sha1",
	Tag:       "SHA1",
	Size:      sha1lanes.Size,
	BlockSize: sha1lanes.BlockSize,
	lanes:     func() int { return sha1lanes.Available().Lanes() },
	rate:      func(streams int) float64 { return sha1lanes.Available().Rate(streams) },
	newEngine: func() engine { return &sha1Engine{hasher: sha1lanes.New(sha1lanes.Available())} },
	newState:  func() state { return new(sha1State) },
}

type sha1State struct {
	chain  sha1lanes.State
	length uint64 // bytes absorbed
	tail   [2 * sha1lanes.BlockSize]byte
}

func (s *sha1State) reset() { s.chain, s.length = sha1lanes.Initial(), 0 }

func (s *sha1State) sum(dst []byte) []byte {
	digest := s.chain.Digest()
	return append(dst, digest[:]...)
}

// sha1Engine hashes by way of sha1lanes.
type sha1Engine struct {
	hasher *sha1lanes.Hasher
	lanes  []sha1lanes.Lane
}

func (e *sha1Engine) hash(batch []job) {
	e.lanes = e.lanes[:0]
	for _, j := range batch {
		s := j.stream.state.(*sha1State)
		s.length += uint64(len(j.data))
		lane := sha1lanes.Lane{State: &s.chain, Data: j.data}
		if j.last {
			lane.Data, lane.Tail = sha1lanes.Pad(&s.tail, j.data, s.length)
		}
		e.lanes = append(e.lanes, lane)
	}
	e.hasher.Blocks(e.lanes)
	clear(e.lanes)
}

func (e *sha1Engine) used() []string {
	return strings.FieldsFunc(e.hasher.Used().String(), func(r rune) bool { return r == ',' })
}
