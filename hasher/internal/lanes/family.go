package lanes

import "math"

// A Family is a group of processors on which the relative speeds of the kernels are the
// same.
type Family uint8

const (
	// Unknown is any other processor; see Rates.On.
	Unknown Family = iota
	// Zen4 is AMD with AVX-512 on 256-bit units: Zen 4, and Zen 5 in notebooks.
	Zen4
	// Zen5 is AMD with AVX-512 on 512-bit units.
	Zen5
	// Intel is Intel with AVX-512.
	Intel
	// AVX2Only is AMD without AVX-512, before Zen 4.
	AVX2Only
	families
)

func (f Family) String() string {
	return [families]string{"unknown", "Zen 4", "Zen 5", "Intel with AVX-512", "AVX2 only"}[f]
}

// Families returns all families.
func Families() (all []Family) {
	for f := range families {
		all = append(all, f)
	}
	return all
}

// Rates are the GB/s of one core with all of a kernel's lanes in use, in this order:
// Zen 4, Zen 5, Intel with AVX-512, AVX2 only; 0 where the kernel can't run. Only the
// ratios within a family matter. `scripts/bench -kernels` measures them; SIMD.md says
// which were measured, and where.
type Rates [families - 1]float64

// On returns the rate on a family.
//
// An unknown processor may be like AMD's, where interleaving more streams makes SHA-NI
// faster, or like Intel's, where it doesn't. The geometric mean of both bounds the loss
// in either case.
func (r *Rates) On(f Family) float64 {
	if f == Unknown {
		return math.Sqrt(math.Sqrt(r.On(Zen4)*r.On(Zen5)) * r.On(Intel))
	}
	return r[f-1]
}
