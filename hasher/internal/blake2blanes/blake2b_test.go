package blake2blanes

import (
	"encoding/binary"
	"hash"
	"testing"

	"golang.org/x/crypto/blake2b"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
	"github.com/psha1sum/psha1sum/hasher/internal/lanes/lanestest"
)

// suite returns the tests for digests of size bytes.
func suite(size int) lanestest.Suite[uint64] {
	initial := Initial(size)
	newHash := func() hash.Hash {
		h, err := blake2b.New(size, nil)
		if err != nil {
			panic(err)
		}
		return h
	}
	return lanestest.Suite[uint64]{
		Algorithm: &Algorithm,
		Initial:   &initial,
		Size:      size,
		New:       newHash,
		Resume: func(before uint64) hash.Hash {
			h := newHash()
			resume(h, before)
			return h
		},
		Longest: 1 << 63, // beyond, its assembly carries into the counter's upper half
	}
}

// resume sets a hash of golang.org/x/crypto to the middle of a message.
func resume(h hash.Hash, before uint64) {
	type marshaler interface {
		MarshalBinary() ([]byte, error)
		UnmarshalBinary([]byte) error
	}
	state, err := h.(marshaler).MarshalBinary()
	if err != nil {
		panic(err)
	}
	binary.BigEndian.PutUint64(state[len("b2b")+8*8:], before)
	if err := h.(marshaler).UnmarshalBinary(state); err != nil {
		panic(err)
	}
}

// rfc is the only vector of RFC 7693, in appendix A. The official vectors are tested in
// package hasher.
var rfc = lanestest.Vector{Name: "RFC 7693", Message: "abc",
	Digest: "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"}

func full() lanestest.Suite[uint64] {
	s := suite(MaxSize)
	s.Vectors = []lanestest.Vector{rfc}
	return s
}

func TestLanes(t *testing.T)       { full().Run(t) }
func TestShort(t *testing.T)       { suite(20).RunShort(t) }
func TestRaceSeen(t *testing.T)    { full().RaceSeen(t) }
func TestGenerated(t *testing.T)   { lanestest.Generated(t, "blake2b", "blake2blanes") }
func FuzzBatch(f *testing.F)       { full().Fuzz(f) }
func BenchmarkKernel(b *testing.B) { full().BenchmarkKernel(b) }
func BenchmarkTiny(b *testing.B)   { full().BenchmarkTiny(b) }

// TestSizes tests every digest size.
func TestSizes(t *testing.T) {
	message := []byte("The quick brown fox jumps over the lazy dog")
	for size := 1; size <= MaxSize; size++ {
		s := suite(size)
		state := *s.Initial
		lane := lanes.Lane[uint64]{State: &state, Data: message}
		Algorithm.Pad(&lane, new(lanes.Tail), uint64(len(message)))
		lanes.New(Algorithm.Available()).Blocks([]lanes.Lane[uint64]{lane})
		h := s.New()
		h.Write(message)
		if got, want := Algorithm.Digest(nil, &state, size), h.Sum(nil); string(got) != string(want) {
			t.Errorf("%d bytes: got %x, want %x", size, got, want)
		}
	}
}

// BenchmarkOther measures golang.org/x/crypto for comparison.
func BenchmarkOther(b *testing.B) {
	data := make([]byte, 16<<10)
	h, _ := blake2b.New512(nil)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		h.Write(data)
	}
}
