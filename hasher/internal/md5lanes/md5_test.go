package md5lanes

import (
	"crypto/md5"
	"hash"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes/lanestest"
)

var suite = lanestest.Suite[uint32]{
	Algorithm: &Algorithm,
	Initial:   &Initial,
	Size:      md5.Size,
	New:       md5.New,
	Resume:    func(before uint64) hash.Hash { return lanestest.Resume(md5.New(), before) },
	Vectors: []lanestest.Vector{
		{Name: "empty", Message: "", Digest: "d41d8cd98f00b204e9800998ecf8427e"},
		{Name: "a", Message: "a", Digest: "0cc175b9c0f1b6a831c399e269772661"},
		{Name: "abc", Message: "abc", Digest: "900150983cd24fb0d6963f7d28e17f72"},
		{Name: "message digest", Message: "message digest", Digest: "f96b697d7cb7938d525a2f31aaf161d0"},
		{Name: "alphabet", Message: "abcdefghijklmnopqrstuvwxyz", Digest: "c3fcd3d76192e4007dfb496cca67e13b"},
		{Name: "letters", Message: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", Digest: "d174ab98d277d9f5a5611c2c9f419d9f"},
		{Name: "digits", Message: strings.Repeat("1234567890", 8), Digest: "57edf4a22be3c955ac49da2e2107b67a"},
	},
}

func TestLanes(t *testing.T)       { suite.Run(t) }
func TestRaceSeen(t *testing.T)    { suite.RaceSeen(t) }
func TestGenerated(t *testing.T)   { lanestest.Generated(t, "md5", "md5lanes") }
func FuzzBatch(f *testing.F)       { suite.Fuzz(f) }
func BenchmarkKernel(b *testing.B) { suite.BenchmarkKernel(b) }
func BenchmarkTiny(b *testing.B)   { suite.BenchmarkTiny(b) }
