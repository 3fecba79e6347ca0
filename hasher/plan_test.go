package hasher

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
	"github.com/psha1sum/psha1sum/hasher/internal/sha1lanes"
)

// shares returns how many of n streams each idle worker takes.
func (p *plan) shares(n, workers, lanes int) (shares []int) {
	for ; n > 0 && workers > 0; workers-- {
		first := p.first(n, workers, lanes)
		if first < 1 || first > min(n, lanes) {
			panic(fmt.Sprintf("the first of %d workers takes %d of %d streams, with %d lanes", workers, first, n, lanes))
		}
		shares = append(shares, first)
		n -= first
	}
	return shares
}

// TestShares distributes streams by measured rates, independent of this machine.
func TestShares(t *testing.T) {
	const (
		generic = "generic"
		shaNI   = "generic,crypto/sha1,shani"
		avx2    = "generic,crypto/sha1,avx2"
		avx512  = "generic,crypto/sha1,avx2,avx512" // no SHA-NI
		every   = "generic,crypto/sha1,avx2,shani,avx512"
	)
	for _, test := range []struct {
		name    string
		kernels string
		streams int
		workers int
		want    []int // ascending
	}{
		{"one", every, 1, 2, []int{1}},
		{"one, nobody else", every, 1, 1, []int{1}},
		{"two on two", every, 2, 2, []int{1, 1}},
		{"three on two", every, 3, 2, []int{1, 2}},
		{"six on two are interleaved", every, 6, 2, []int{3, 3}},
		{"six on one", every, 6, 1, []int{6}},
		{"eight on two are interleaved", every, 8, 2, []int{4, 4}},
		{"eleven on two are uneven", every, 11, 2, []int{3, 8}},
		{"sixteen on two are side by side", every, 16, 2, []int{8, 8}},
		{"twenty on one are one full batch", every, 20, 1, []int{16}},
		{"a full batch and a half", every, 24, 2, []int{8, 16}},
		{"two full batches", every, 32, 2, []int{16, 16}},
		{"more than two full batches", every, 33, 2, []int{16, 16}},
		{"six on three", every, 6, 3, []int{2, 2, 2}},
		{"six on eight", every, 6, 8, []int{1, 1, 1, 1, 1, 1}},
		{"twenty on four", every, 20, 4, []int{4, 4, 4, 8}},
		{"SHA-NI, five", shaNI, 5, 2, []int{2, 3}},
		{"SHA-NI, six", shaNI, 6, 2, []int{3, 3}},
		{"SHA-NI, twenty", shaNI, 20, 2, []int{4, 4}},
		{"AVX2, three", avx2, 3, 2, []int{1, 2}},
		{"AVX2, eleven", avx2, 11, 2, []int{3, 8}},
		{"AVX2, sixteen", avx2, 16, 2, []int{8, 8}},
		{"AVX-512 alone, two", avx512, 2, 2, []int{1, 1}},
		{"AVX-512 alone, sixteen", avx512, 16, 2, []int{8, 8}},
		{"no kernel but one at a time", generic, 5, 3, []int{1, 1, 1}},
		{"more workers than streams", every, 5, 64, []int{1, 1, 1, 1, 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			kernels := sha1lanes.Algorithm.All().On(lanes.Zen4).Only(test.kernels)
			p := &plan{rate: kernels.Rate}
			got := p.shares(test.streams, test.workers, kernels.Lanes())
			slices.Sort(got)
			if !slices.Equal(got, test.want) {
				t.Errorf("%d streams on %d workers: got %v, want %v", test.streams, test.workers, got, test.want)
			}
		})
	}
}

// randomPlan returns a plan for workers with random rates, where no partial batch is
// faster than a full one.
func randomPlan(rng *rand.Rand, lanes int) *plan {
	rates := make([]float64, lanes+1)
	for i := 1; i < len(rates); i++ {
		rates[i] = 0.1 + rng.Float64()
	}
	rates[lanes]++
	return &plan{rate: func(streams int) float64 { return rates[streams] }}
}

// TestSharesBounds: each worker gets at least one stream if there are enough, and at
// most as many as it has lanes.
func TestSharesBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 10))
	for _, lanes := range []int{1, 2, 3, 4, 8, 16, 20} {
		p := randomPlan(rng, lanes)
		for workers := 1; workers <= maxPlanned+4; workers++ {
			for n := 1; n <= (workers+1)*lanes; n++ {
				shares := p.shares(n, workers, lanes) // panics
				if n >= workers*lanes && !slices.Equal(shares, slices.Repeat([]int{lanes}, workers)) {
					t.Errorf("%d streams on %d workers with %d lanes: got %v, want full batches", n, workers, lanes, shares)
				}
			}
		}
	}
}
