package hasher

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
	"github.com/psha1sum/psha1sum/hasher/internal/sha1lanes"
)

// TestTwenty: 20 streams on two workers with 16 lanes, and other cases in which the
// last worker can't take the rest.
func TestTwenty(t *testing.T) {
	all := sha1lanes.Algorithm.All().On(lanes.Zen4)
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

// TestSharesBest: no distribution of the streams has a higher sum of rates.
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

// TestSharesOfFamilies: with each family's rates, no other distribution over two
// workers is faster.
func TestSharesOfFamilies(t *testing.T) {
	for _, registered := range Algorithms {
		for _, f := range lanes.Families() {
			alg := OnFamily(registered, f)
			p, most := &newQueue(alg).plan, alg.Lanes()
			for n := 1; n <= 2*most; n++ {
				sum, best := 0.0, 0.0
				shares := p.shares(n, 2, most)
				for _, share := range shares {
					sum += alg.rate(share)
				}
				for first := max(n-most, 0); first <= min(n, most); first++ {
					rate := 0.0
					for _, share := range []int{first, n - first} {
						if share > 0 {
							rate += alg.rate(share)
						}
					}
					best = max(best, rate)
				}
				if sum < best-1e-9 {
					t.Errorf("%s on %v: %d streams as %v with a rate of %.3f, the best is %.3f", alg.Name, f, n, shares, sum, best)
				}
			}
		}
	}
}

// TestIntel: on Intel, interleaving gains nothing, so SHA-NI is for one or two streams
// and AVX-512 for more; AMD's processors interleave four.
func TestIntel(t *testing.T) {
	for _, test := range []struct {
		family  lanes.Family
		streams int
		plan    string // on one worker
		shares  []int  // on two
	}{
		{lanes.Intel, 2, "shani-x2", []int{1, 1}},
		{lanes.Intel, 3, "avx512-x8", []int{1, 2}},
		{lanes.Intel, 4, "avx512-x8", []int{1, 3}},
		{lanes.Intel, 6, "avx512-x8", []int{1, 5}},
		{lanes.Intel, 16, "avx512-x16", []int{8, 8}},
		{lanes.Zen4, 4, "shani-x4", []int{2, 2}},
		{lanes.Zen4, 6, "avx512-x8", []int{3, 3}},
		{lanes.Zen5, 6, "shani-x4 shani-x2", []int{3, 3}},
		{lanes.Zen5, 9, "avx512-x16", []int{4, 5}},
	} {
		set := sha1lanes.Algorithm.All().On(test.family)
		if got := strings.Join(set.Plan(test.streams), " "); got != test.plan {
			t.Errorf("%d streams on %v: got %s, want %s", test.streams, test.family, got, test.plan)
		}
		p := &plan{rate: set.Rate}
		shares := p.shares(test.streams, 2, set.Lanes())
		slices.Sort(shares)
		if !slices.Equal(shares, test.shares) {
			t.Errorf("%d streams on two workers of %v: got %v, want %v", test.streams, test.family, shares, test.shares)
		}
	}
}

// bestRate tries every distribution of n streams.
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

// BenchmarkFirstPlan measures the first plan of a process, which is computed under the
// pool's lock, even for one file.
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
