package lanes

import "math"

// A Family is processors on which the kernels have the same speeds in proportion
// to each other.
type Family uint8

const (
	// Unknown is any other processor: see Rates.On.
	Unknown Family = iota
	// Zen4 is AMD's with AVX-512 that is executed in two halves: Zen 4, and the
	// Zen 5 of notebooks.
	Zen4
	// Zen5 is AMD's with AVX-512 of full width.
	Zen5
	// Intel is Intel's with AVX-512.
	Intel
	// AVX2Only is AMD's before Zen 4, which have no AVX-512.
	AVX2Only
	families
)

func (f Family) String() string {
	return [families]string{"unknown", "Zen 4", "Zen 5", "Intel with AVX-512", "AVX2 only"}[f]
}

// Families returns all there are.
func Families() (all []Family) {
	for f := range families {
		all = append(all, f)
	}
	return all
}

// Rates are how many GB/s of one core a kernel hashes with all of its lanes, in
// this order: Zen 4, Zen 5, Intel with AVX-512, AVX2 only. What a family can't
// run is 0. Only the proportions within a family matter. `scripts/bench -kernels`
// measures them; SIMD.md tells which have been measured and where.
type Rates [families - 1]float64

// On returns the rate on a family.
//
// An unknown processor may be like AMD's, on which SHA-NI is the faster the more
// streams are interleaved, or like Intel's, on which it isn't. Their geometric mean
// prefers a kernel to another by as much as it would gain on the one and lose on
// the other, so that whichever is right, little is lost.
func (r *Rates) On(f Family) float64 {
	if f == Unknown {
		return math.Sqrt(math.Sqrt(r.On(Zen4)*r.On(Zen5)) * r.On(Intel))
	}
	return r[f-1]
}
