package sha256lanes

import (
	"crypto/sha256"
	"hash"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes/lanestest"
)

var sha256Suite = lanestest.Suite[uint32]{
	Algorithm: &Algorithm,
	Initial:   &Initial256,
	Size:      sha256.Size,
	New:       sha256.New,
	Resume:    func(before uint64) hash.Hash { return lanestest.Resume(sha256.New(), before) },
	Vectors: []lanestest.Vector{
		{Name: "empty", Message: "", Digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{Name: "one block", Message: "abc", Digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{Name: "two blocks", Message: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", Digest: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
		{Name: "many blocks", Message: strings.Repeat("a", 1_000_000), Digest: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
	},
}

var sha224Suite = lanestest.Suite[uint32]{
	Algorithm: &Algorithm,
	Initial:   &Initial224,
	Size:      sha256.Size224,
	New:       sha256.New224,
	Resume:    func(before uint64) hash.Hash { return lanestest.Resume(sha256.New224(), before) },
	Vectors: []lanestest.Vector{
		{Name: "one block", Message: "abc", Digest: "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
		{Name: "two blocks", Message: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", Digest: "75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525"},
	},
}

func TestLanes(t *testing.T)       { sha256Suite.Run(t) }
func TestSHA224(t *testing.T)      { sha224Suite.RunShort(t) }
func TestRaceSeen(t *testing.T)    { sha256Suite.RaceSeen(t) }
func TestGenerated(t *testing.T)   { lanestest.Generated(t, "sha256", "sha256lanes") }
func FuzzBatch(f *testing.F)       { sha256Suite.Fuzz(f) }
func BenchmarkKernel(b *testing.B) { sha256Suite.BenchmarkKernel(b) }
func BenchmarkTiny(b *testing.B)   { sha256Suite.BenchmarkTiny(b) }
