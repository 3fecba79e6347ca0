package lanes

import (
	"os"
	"strings"
)

// A Kernel is one implementation of an algorithm's compression function.
type Kernel[W Word] struct {
	// Name is the kernel's group and its number of lanes, "avx512-x16" or "avx2-x8";
	// "generic" for the reference; the package for a library, such as "crypto/sha256".
	Name string
	// Lanes is the number of streams that one call hashes.
	Lanes int
	// Rates are its speeds, by family. They decide which kernels hash how many streams.
	Rates Rates

	// Needs is what the CPU must support.
	Needs Features
	// Assembly hashes blocks blocks, at least one, of each lane. digests and data point
	// to the kernel's first column in Hasher.digests and Hasher.data.
	Assembly func(digests *W, data **byte, blocks int)

	// Portable makes a state absorb blocks, in Go.
	Portable func(s *State[W], blocks []byte)
	// Library is a hash in the standard library or another module.
	Library *Library
}

// Features is a set of instruction sets.
type Features uint8

const (
	SHANI  Features = 1 << iota // with SSSE3 and SSE4.1
	AVX2                        // 256-bit vectors
	AVX512                      // with the F, BW and VL extensions
)

// A Set is a subset of an algorithm's kernels and the processor family whose rates are
// used to choose among them.
type Set[W Word] struct {
	alg    *Algorithm[W]
	bits   uint32
	family Family
	chosen *choices // nil if not computed yet
}

// Available returns the kernels that this CPU can run, except those that the environment
// variable PSHA1SUM_DISABLE lists, in the syntax of Without. It is read once.
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

// All returns every kernel, including those that this machine can't run.
func (a *Algorithm[W]) All() Set[W] {
	return Set[W]{alg: a, bits: 1<<len(a.Kernels) - 1, family: family()}
}

// On returns the kernels in s that processors of family f can run, to be chosen by that
// family's rates. Digests do not depend on it.
func (s Set[W]) On(f Family) Set[W] {
	on := Set[W]{alg: s.alg, family: f}
	for k := range s.alg.Kernels {
		if s.has(k) && s.alg.Kernels[k].Rates.On(f) > 0 {
			on.bits |= 1 << k
		}
	}
	if on.bits == 0 {
		on.bits = 1
	}
	return on
}

// Family returns the family whose rates are used.
func (s Set[W]) Family() Family { return s.family }

// Only returns the kernels in s that list names. list is separated by commas and has
// names of kernels, groups of kernels ("avx512", "crypto"), or either with the
// algorithm's prefix. Unknown names are ignored, because they may belong to other
// algorithms.
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

// Without returns s without the kernels that list names. The generic kernel is always
// kept.
func (s Set[W]) Without(list string) Set[W] {
	return Set[W]{alg: s.alg, bits: s.bits&^s.Only(list).bits | 1, family: s.family}
}

func (s Set[W]) has(k int) bool { return s.bits>>k&1 != 0 }

// named reports whether name is the name of kernel k or of its group.
func (a *Algorithm[W]) named(k int, name string) bool {
	name = strings.TrimPrefix(name, a.Prefix)
	full := a.Kernels[k].Name
	family := full[:strings.IndexAny(full+"-", "-/")]
	return name == family || name == full
}

// fullName returns a kernel's name with the algorithm in it.
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
