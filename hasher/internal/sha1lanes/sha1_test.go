package sha1lanes

import (
	"crypto/sha1"
	"hash"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
	"github.com/psha1sum/psha1sum/hasher/internal/lanes/lanestest"
)

var suite = lanestest.Suite[uint32]{
	Algorithm: &Algorithm,
	Initial:   &Initial,
	Size:      Size,
	New:       sha1.New,
	Resume: func(before uint64) hash.Hash {
		return lanestest.Resume(sha1.New(), before)
	},
	// FIPS 180-1, appendices A to C, and RFC 3174.
	Vectors: []lanestest.Vector{
		{Name: "empty", Message: "", Digest: "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
		{Name: "one block", Message: "abc", Digest: "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{Name: "two blocks", Message: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", Digest: "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
		{Name: "many blocks", Message: strings.Repeat("a", 1_000_000), Digest: "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
		{Name: "ten blocks", Message: strings.Repeat("01234567", 80), Digest: "dea356a2cddd90c7a7ecedc5ebb563934f460452"},
	},
}

func TestLanes(t *testing.T)       { suite.Run(t) }
func TestRaceSeen(t *testing.T)    { suite.RaceSeen(t) }
func TestGenerated(t *testing.T)   { lanestest.Generated(t, "sha1", "sha1lanes") }
func FuzzBatch(f *testing.F)       { suite.Fuzz(f) }
func BenchmarkKernel(b *testing.B) { suite.BenchmarkKernel(b) }
func BenchmarkTiny(b *testing.B)   { suite.BenchmarkTiny(b) }

func TestCrossovers(t *testing.T) {
	const portable = "generic,crypto/sha1"
	const all = portable + ",avx2,shani,avx512"
	tests := []struct {
		name    string
		kernels string
		busy    int
		want    string
	}{
		{"nothing but Go", "generic", 3, "generic generic generic"},
		{"the standard library comes before it", portable, 2, "crypto/sha1 crypto/sha1"},
		{"AVX2, one stream", portable + ",avx2", 1, "crypto/sha1"},
		{"AVX2, below", portable + ",avx2", 2, "crypto/sha1 crypto/sha1"},
		{"AVX2, from", portable + ",avx2", 3, "avx2-x8"},
		{"SHA-NI, one", portable + ",shani", 1, "shani-x1"},
		{"SHA-NI, three", portable + ",shani", 3, "shani-x3"},
		{"SHA-NI is faster than AVX2", portable + ",shani,avx2", 4, "shani-x4"},
		{"AVX-512, four", all, 4, "shani-x4"},
		{"AVX-512, half", all, 5, "avx512-x8"},
		{"AVX-512, eleven", all, 11, "avx512-x8 shani-x3"},
		{"AVX-512, below", all, 12, "avx512-x8 shani-x4"},
		{"AVX-512, from", all, 13, "avx512-x16"},
		{"AVX-512, full", all, 16, "avx512-x16"},
		{"AVX-512 alone", "avx512-x16", 1, "avx512-x16"},
	}
	for _, test := range tests {
		got := Algorithm.All().On(lanes.Zen4).Only(test.kernels).Plan(test.busy)
		if !slices.Equal(got, strings.Fields(test.want)) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestRate(t *testing.T) {
	split := func(shares ...int) (sum float64) {
		for _, n := range shares {
			sum += Algorithm.All().On(lanes.Zen4).Rate(n)
		}
		return sum
	}
	tests := []struct {
		name         string
		better, than float64
	}{
		{"six on two workers", split(3, 3), split(4, 2)},
		{"six on two workers, not on one", split(3, 3), split(6)},
		{"twenty on two workers", split(16, 4), split(10, 10)},
		{"sixteen on two workers", split(8, 8), split(16)},
		{"a full batch before a thin one", split(16), split(17)},
	}
	for _, test := range tests {
		if test.better <= test.than {
			t.Errorf("%s: %.2f is not more than %.2f", test.name, test.better, test.than)
		}
	}
}

func TestNames(t *testing.T) {
	tests := []struct {
		disable string
		want    string
	}{
		{"", "generic,crypto/sha1,avx2-x8,shani-x1,shani-x2,shani-x3,shani-x4,avx512-x8,avx512-x16"},
		{"avx512", "generic,crypto/sha1,avx2-x8,shani-x1,shani-x2,shani-x3,shani-x4"},
		{"avx512-x16, shani", "generic,crypto/sha1,avx2-x8,avx512-x8"},
		{"avx512,avx2,shani,crypto/sha1,generic", "generic"},
		{"AVX512,avx,x16,,-x16,shani-", "generic,crypto/sha1,avx2-x8,shani-x1,shani-x2,shani-x3,shani-x4,avx512-x8,avx512-x16"},
	}
	for _, test := range tests {
		if got := Algorithm.All().Without(test.disable).String(); got != test.want {
			t.Errorf("without %q: got %s, want %s", test.disable, got, test.want)
		}
	}
}
