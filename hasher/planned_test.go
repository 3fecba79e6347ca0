package hasher

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/psha1sum/psha1sum/hasher/internal/sha1lanes"
)

// TestTwenty is design rule 7's example, and others where the plan counts on
// the last worker to leave something behind, which it doesn't.
func TestTwenty(t *testing.T) {
	all := sha1lanes.Algorithm.All()
	for _, test := range []struct {
		streams, workers int
		want             []int
	}{
		{9, 2, []int{3, 6}},
		{13, 2, []int{5, 8}},
		{14, 2, []int{6, 8}},
		{20, 2, []int{4, 16}},
		{28, 3, []int{4, 8, 16}},
		{64, 64, slices.Repeat([]int{1}, 64)},
		{100, 100, slices.Repeat([]int{1}, 100)},
	} {
		p := &plan{rate: all.Rate}
		got := p.shares(test.streams, test.workers, all.Lanes())
		slices.Sort(got)
		if !slices.Equal(got, test.want) {
			t.Errorf("%d streams on %d workers: got %v, want %v", test.streams, test.workers, got, test.want)
		}
	}
}

// TestSharesBest: no way to give all that the workers can take to them has a
// higher sum of rates.
func TestSharesBest(t *testing.T) {
	rng := rand.New(rand.NewPCG(14, 14))
	for range 300 {
		lanes, workers := 1+rng.IntN(6), 1+rng.IntN(4)
		p := randomPlan(rng, lanes)
		for n := 1; n <= workers*lanes; n++ {
			sum := 0.0
			shares := p.shares(n, workers, lanes)
			for _, share := range shares {
				sum += p.rate(share)
			}
			if best := bestRate(p.rate, n, workers, lanes); sum < best-1e-9 {
				t.Fatalf("%d streams on %d workers with %d lanes: %v with a rate of %.3f, the best is %.3f",
					n, workers, lanes, shares, sum, best)
			}
		}
	}
}

// bestRate tries every way to share out n streams.
func bestRate(rate func(int) float64, n, workers, lanes int) float64 {
	switch {
	case n == 0:
		return 0
	case n > workers*lanes:
		return math.Inf(-1)
	}
	best := math.Inf(-1)
	for first := range min(n, lanes) + 1 {
		sum := bestRate(rate, n-first, workers-1, lanes)
		if first > 0 {
			sum += rate(first)
		}
		best = max(best, sum)
	}
	return best
}

// BenchmarkFirstPlan is what the first batch of a process costs that could be
// split, under the pool's lock: also when it is one file.
func BenchmarkFirstPlan(b *testing.B) {
	for _, workers := range []int{2, 8, 64} {
		for _, n := range []int{1, 6} {
			b.Run(fmt.Sprintf("workers=%d,streams=%d", workers, n), func(b *testing.B) {
				for b.Loop() {
					p := &plan{rate: SHA1.rate}
					p.first(n, workers, SHA1.Lanes())
				}
			})
		}
	}
}
