package sha1lanes

import (
	"slices"
	"testing"
)

// all is every set of kernels there could be, on this machine or another.
const all = 1<<kernelCount - 1

// TestPlan makes sure that whatever kernels there are and however many lanes
// are busy, no kernel works beyond the columns there are.
func TestPlan(t *testing.T) {
	for s := Kernels(0); s <= all; s++ {
		for busy := 1; busy <= s.Lanes(); busy++ {
			for col := 0; col < busy; {
				k := s.next(busy - col)
				if s != 0 && !s.has(k) {
					t.Fatalf("%v, %d lanes: %v is not among them", s, busy, one(k))
				}
				if col+k.lanes() > MaxLanes {
					t.Fatalf("%v, %d lanes: %v from column %d on", s, busy, one(k), col)
				}
				col += k.lanes()
			}
		}
	}
}

func TestCrossovers(t *testing.T) {
	portable := one(generic) | one(cryptoSHA1)
	shaNI := named("shani")
	tests := []struct {
		name    string
		kernels Kernels
		busy    int
		want    []kernel
	}{
		{"nothing but Go", one(generic), 3, []kernel{generic, generic, generic}},
		{"the standard library comes before it", portable, 2, []kernel{cryptoSHA1, cryptoSHA1}},
		{"AVX2, one stream", portable | one(avx2x8), 1, []kernel{cryptoSHA1}},
		{"AVX2, below", portable | one(avx2x8), fromAVX2x8 - 1, []kernel{cryptoSHA1, cryptoSHA1}},
		{"AVX2, from", portable | one(avx2x8), fromAVX2x8, []kernel{avx2x8}},
		{"SHA-NI, one", portable | shaNI, 1, []kernel{shaNIx1}},
		{"SHA-NI, three", portable | shaNI, 3, []kernel{shaNIx3}},
		{"SHA-NI is faster than AVX2", portable | shaNI | one(avx2x8), 4, []kernel{shaNIx4}},
		{"AVX-512, four", all, 4, []kernel{shaNIx4}},
		{"AVX-512, half", all, fromAVX512x8, []kernel{avx512x8}},
		{"AVX-512, eleven", all, 11, []kernel{avx512x8, shaNIx3}},
		{"AVX-512, below", all, fromAVX512x16 - 1, []kernel{avx512x8, shaNIx4}},
		{"AVX-512, from", all, fromAVX512x16, []kernel{avx512x16}},
		{"AVX-512, full", all, 16, []kernel{avx512x16}},
		{"AVX-512 alone", one(avx512x16), 1, []kernel{avx512x16}},
	}
	for _, test := range tests {
		var got []kernel
		for left := test.busy; left > 0; {
			k := test.kernels.next(left)
			got = append(got, k)
			left -= k.lanes()
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestRate(t *testing.T) {
	split := func(shares ...int) (sum float64) {
		for _, n := range shares {
			sum += Kernels(all).Rate(n)
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
		if got := Kernels(all).Without(test.disable).String(); got != test.want {
			t.Errorf("without %q: got %s, want %s", test.disable, got, test.want)
		}
	}
}
