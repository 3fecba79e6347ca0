package lanes

import (
	"os"
	"strings"
)

// A Kernel is one implementation of an algorithm's compression function.
type Kernel[W Word] struct {
	// Name consists of that of the kernel's family and the number of streams
	// it takes: "avx512-x16", "avx2-x8"; portable ones are "generic" and the
	// package of a library, which has the algorithm's name in it.
	Name string
	// Lanes is how many streams a call hashes.
	Lanes int
	// Rates are how fast it does, on each family of processors. They decide
	// which kernels hash how many streams.
	Rates Rates

	// Needs is what the CPU must have.
	Needs Features
	// Assembly hashes blocks, at least one, of each of the kernel's lanes.
	// digests points to a column of a Hasher's digests, data to the same of
	// its data.
	Assembly func(digests *W, data **byte, blocks int)

	// Portable has a state absorb blocks, in Go.
	Portable func(s *State[W], blocks []byte)
	// Library is a kernel of a library: Go's standard one, or another.
	Library *Library
}

// Features are sets of instructions.
type Features uint8

const (
	SHANI  Features = 1 << iota // with SSSE3 and SSE4.1
	AVX2                        // of 256 bits
	AVX512                      // F, BW and VL
)

// A Set is a set of an algorithm's kernels, and the family of processors whose
// rates choose among them.
type Set[W Word] struct {
	alg    *Algorithm[W]
	bits   uint32
	family Family
	chosen *choices // nil if they are not made yet
}

// Available returns the kernels that this CPU has, without those that the
// environment variable PSHA1SUM_DISABLE lists as Without does. It is asked once.
func (a *Algorithm[W]) Available() Set[W] {
	a.once.Do(func() {
		has := detect()
		s := Set[W]{alg: a}
		for i := range a.Kernels {
			k := &a.Kernels[i]
			if k.Needs&^has == 0 && (k.Library == nil || k.Library.available()) {
				s.bits |= 1 << i
			}
		}
		a.set = s.On(family()).Without(os.Getenv("PSHA1SUM_DISABLE"))
		a.choices = a.set.choose()
		a.set.chosen = &a.choices
	})
	return a.set
}

// All returns every kernel that there is, on this machine or another.
func (a *Algorithm[W]) All() Set[W] {
	return Set[W]{alg: a, bits: 1<<len(a.Kernels) - 1, family: family()}
}

// On returns what of s a processor of family f can run, with that family's rates to
// choose. Digests depend on it as little as on the kernels.
func (s Set[W]) On(f Family) Set[W] {
	on := Set[W]{alg: s.alg, family: f}
	for k := range s.alg.Kernels {
		if s.has(k) && s.alg.Kernels[k].Rates.On(f) > 0 {
			on.bits |= 1 << k
		}
	}
	if on.Empty() {
		on.bits = 1
	}
	return on
}

// Family returns the family whose rates choose.
func (s Set[W]) Family() Family { return s.family }

// Algorithm returns what the kernels are of.
func (s Set[W]) Algorithm() *Algorithm[W] { return s.alg }

// Only returns what list names of s, separated by commas: kernels, families
// ("avx512", "crypto"), or either with the algorithm's prefix. Names that it doesn't know
// mean nothing: other algorithms may know them.
func (s Set[W]) Only(list string) Set[W] {
	only := Set[W]{alg: s.alg, family: s.family}
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
	return Set[W]{alg: s.alg, bits: s.bits&^s.Only(list).bits | 1, family: s.family}
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
