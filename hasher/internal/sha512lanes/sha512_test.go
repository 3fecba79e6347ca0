package sha512lanes

import (
	"bytes"
	"crypto/sha512"
	"hash"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
	"github.com/psha1sum/psha1sum/hasher/internal/lanes/lanestest"
)

var sha512Suite = lanestest.Suite[uint64]{
	Algorithm: &Algorithm,
	Initial:   &Initial512,
	Size:      sha512.Size,
	New:       sha512.New,
	Resume:    func(before uint64) hash.Hash { return lanestest.Resume(sha512.New(), before) },
	Longest:   1<<61 - 1<<20, // crypto/sha512 drops the upper half of the length in bits
	Vectors: []lanestest.Vector{
		{Name: "one block", Message: "abc", Digest: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
		{Name: "two blocks", Message: "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu", Digest: "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"},
		{Name: "many blocks", Message: strings.Repeat("a", 1_000_000), Digest: "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"},
	},
}

var sha384Suite = lanestest.Suite[uint64]{
	Algorithm: &Algorithm,
	Initial:   &Initial384,
	Size:      sha512.Size384,
	New:       sha512.New384,
	Resume:    func(before uint64) hash.Hash { return lanestest.Resume(sha512.New384(), before) },
	Longest:   1<<61 - 1<<20, // crypto/sha512 drops the upper half of the length in bits
	Vectors: []lanestest.Vector{
		{Name: "one block", Message: "abc", Digest: "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
	},
}

var sha512_256Suite = lanestest.Suite[uint64]{
	Algorithm: &Algorithm,
	Initial:   &Initial512_256,
	Size:      sha512.Size256,
	New:       sha512.New512_256,
	Resume:    func(before uint64) hash.Hash { return lanestest.Resume(sha512.New512_256(), before) },
	Longest:   1<<61 - 1<<20, // crypto/sha512 drops the upper half of the length in bits
	Vectors: []lanestest.Vector{
		{Name: "one block", Message: "abc", Digest: "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"},
	},
}

func TestLanes(t *testing.T)       { sha512Suite.Run(t) }
func TestSHA384(t *testing.T)      { sha384Suite.RunShort(t) }
func TestSHA512_256(t *testing.T)  { sha512_256Suite.RunShort(t) }
func TestRaceSeen(t *testing.T)    { sha512Suite.RaceSeen(t) }
func TestGenerated(t *testing.T)   { lanestest.Generated(t, "sha512", "sha512lanes") }
func FuzzBatch(f *testing.F)       { sha512Suite.Fuzz(f) }
func BenchmarkKernel(b *testing.B) { sha512Suite.BenchmarkKernel(b) }
func BenchmarkTiny(b *testing.B)   { sha512Suite.BenchmarkTiny(b) }

// TestLongestPad tests the length field of messages longer than 2^61 bytes, which the
// standard library gets wrong.
func TestLongestPad(t *testing.T) {
	var buf lanes.Tail
	lane := lanes.Lane[uint64]{Data: make([]byte, 5)}
	Algorithm.Pad(&lane, &buf, 0xfedcba9876543215)
	want := []byte{0, 0, 0, 0, 0, 0, 0, 7, 0xf6, 0xe5, 0xd4, 0xc3, 0xb2, 0xa1, 0x90, 0xa8}
	if got := lane.Tail[112:]; !bytes.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
}
