package lanes

import (
	"crypto/fips140"
	"math/bits"
	"os"
	"strings"
)

// A Kernel is one implementation of an algorithm's compression function.
type Kernel[W Word] struct {
	// Name consists of that of the kernel's family and the number of streams
	// it takes: "avx512-x16", "avx2-x8"; portable ones are "generic" and the
	// package of the standard library, which has the algorithm's name in it.
	Name string
	// Lanes is how many streams a call hashes.
	Lanes int
	// From is from how many busy lanes on it is used. A call takes the same
	// time whatever their number, so with fewer of them the kernels before it
	// get more done. BenchmarkCrossover sets these.
	From int
	// Rate is how many GB/s it hashes with all of its lanes, measured by
	// BenchmarkKernel. Only the proportions of the rates matter.
	Rate float64

	// Needs is what the CPU must have.
	Needs Features
	// Assembly hashes blocks, at least one, of each of the kernel's lanes.
	// digests points to a column of a Hasher's digests, data to the same of
	// its data.
	Assembly func(digests *W, data **byte, blocks int)

	// Portable has a state absorb blocks, in Go.
	Portable func(s *State[W], blocks []byte)
	// Library is a kernel of the standard library.
	Library *Library
}

// Features are sets of instructions.
type Features uint8

const (
	SHANI  Features = 1 << iota // with SSSE3 and SSE4.1
	AVX2                        // of 256 bits
	AVX512                      // F, BW and VL
)

// A Set is a set of an algorithm's kernels.
type Set[W Word] struct {
	alg  *Algorithm[W]
	bits uint32
}

// Available returns the kernels that this CPU has, without those that the
// environment variable PSHA1SUM_DISABLE lists as Without does. It is asked once.
func (a *Algorithm[W]) Available() Set[W] {
	a.once.Do(func() {
		has := detect()
		s := Set[W]{alg: a}
		for i := range a.Kernels {
			k := &a.Kernels[i]
			if k.Needs&^has == 0 && !(k.Library != nil && k.Library.Unapproved && fips140.Enforced()) {
				s.bits |= 1 << i
			}
		}
		a.set = s.Without(os.Getenv("PSHA1SUM_DISABLE"))
	})
	return a.set
}

// All returns every kernel that there is, on this machine or another.
func (a *Algorithm[W]) All() Set[W] { return Set[W]{a, 1<<len(a.Kernels) - 1} }

// Algorithm returns what the kernels are of.
func (s Set[W]) Algorithm() *Algorithm[W] { return s.alg }

// Only returns what list names of s, separated by commas: kernels, families
// ("avx512", "crypto"), or either with the algorithm's prefix. Names that it doesn't know
// mean nothing: other algorithms may know them.
func (s Set[W]) Only(list string) Set[W] {
	only := Set[W]{alg: s.alg}
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		for i := range s.alg.Kernels {
			if s.has(i) && s.alg.named(i, name) {
				only.bits |= 1 << i
			}
		}
	}
	return only
}

// Without returns s without what list names. The generic kernel always stays.
func (s Set[W]) Without(list string) Set[W] {
	return Set[W]{s.alg, s.bits&^s.Only(list).bits | 1}
}

// Empty says that there is no kernel in the set.
func (s Set[W]) Empty() bool { return s.bits == 0 }

func (s Set[W]) has(k int) bool { return s.bits>>k&1 != 0 }

// named says whether a kernel or its family has that name.
func (a *Algorithm[W]) named(k int, name string) bool {
	name = strings.TrimPrefix(name, a.Prefix)
	full := a.Kernels[k].Name
	family := full[:strings.IndexAny(full+"-", "-/")]
	return name == family || name == full
}

// fullName is a kernel's name with the algorithm in it.
func (a *Algorithm[W]) fullName(k int) string {
	name := a.Kernels[k].Name
	if strings.Contains(name, "/") { // crypto/sha256
		return name
	}
	return a.Prefix + name
}

// Names returns the names of the kernels, with the algorithm in them.
func (s Set[W]) Names() []string {
	var names []string
	for k := range s.alg.Kernels {
		if s.has(k) {
			names = append(names, s.alg.fullName(k))
		}
	}
	return names
}

// String returns the names of the kernels, separated by commas.
func (s Set[W]) String() string { return strings.Join(s.Names(), ",") }

// Lanes returns how many streams the widest kernel takes. More than that in a
// batch are not hashed any faster.
func (s Set[W]) Lanes() int {
	lanes := 1
	for k := range s.alg.Kernels {
		if s.has(k) {
			lanes = max(lanes, s.alg.Kernels[k].Lanes)
		}
	}
	return lanes
}

// narrowest returns the kernel that takes the fewest streams.
func (s Set[W]) narrowest() (narrowest int) {
	lanes := MaxLanes + 1
	for k := range s.alg.Kernels {
		if n := s.alg.Kernels[k].Lanes; s.has(k) && n < lanes {
			narrowest, lanes = k, n
		}
	}
	return narrowest
}

// next returns the kernel for the first of n busy lanes. Those that it leaves
// over are for the kernel that next returns then.
func (s Set[W]) next(n int) int {
	for rest := s.bits; rest != 0; {
		k := bits.Len32(rest) - 1
		if n >= s.alg.Kernels[k].From {
			return k
		}
		rest &^= 1 << k
	}
	return s.narrowest() // only if s has no portable kernel
}

// Plan returns the names of the kernels that hash so many busy lanes.
func (s Set[W]) Plan(busy int) (names []string) {
	for busy > 0 {
		k := s.next(busy)
		names = append(names, s.alg.Kernels[k].Name)
		busy -= s.alg.Kernels[k].Lanes
	}
	return names
}

// Rate returns the speed, in GB/s of one core of the machine it was measured on,
// of a batch of n streams of equal length. A scheduler that has fewer streams
// than its idle workers could take shares them out so that the sum of the rates
// is highest.
func (s Set[W]) Rate(n int) float64 {
	time, most := 0.0, s.Lanes()
	for left := n; left > 0; {
		k := &s.alg.Kernels[s.next(min(left, most))]
		time += float64(k.Lanes) / k.Rate
		left -= k.Lanes
	}
	return float64(n) / time
}
