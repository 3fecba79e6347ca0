package sha1lanes

import (
	"crypto/fips140"
	"os"
	"strings"
	"sync"
)

// A kernel is one implementation of the compression function. Of two that could
// take the same streams, the later one is faster.
type kernel uint8

const (
	generic    kernel = iota // pure Go, the reference
	cryptoSHA1               // the standard library's
	avx2x8
	shaNIx1
	shaNIx2
	shaNIx3
	shaNIx4
	avx512x8
	avx512x16
	kernelCount
)

func (k kernel) lanes() int { return kernels[k].lanes }

// portable says that there is no assembly of this package behind it.
func (k kernel) portable() bool { return k <= cryptoSHA1 }

// Kernels is a set of kernels. A kernel's name consists of that of its family
// and the number of streams it takes: "avx512-x16", "avx512-x8", "shani-x4" to
// "shani-x1", "avx2-x8"; the portable ones are "crypto/sha1" and "generic".
type Kernels uint16

// one returns the set of k alone.
func one(k kernel) Kernels { return 1 << k }

func (s Kernels) has(k kernel) bool { return s&one(k) != 0 }

// Available returns the kernels that this CPU has, without those that the
// environment variable PSHA1SUM_DISABLE lists as Without does. It is asked once.
func Available() Kernels { return available() }

var available = sync.OnceValue(func() Kernels {
	s := detect() | one(generic)
	if !fips140.Enforced() { // otherwise crypto/sha1 panics
		s |= one(cryptoSHA1)
	}
	return s.Without(os.Getenv("PSHA1SUM_DISABLE"))
})

// Only returns what list names of s: kernels or families ("avx512"), separated
// by commas. Names that it doesn't know mean nothing.
func (s Kernels) Only(list string) Kernels {
	var only Kernels
	for name := range strings.SplitSeq(list, ",") {
		only |= named(strings.TrimSpace(name))
	}
	return s & only
}

// Without returns s without what list names. The generic kernel always stays.
func (s Kernels) Without(list string) Kernels {
	return s&^s.Only(list) | one(generic)
}

// named returns the kernels of that name or family.
func named(name string) (s Kernels) {
	for k := range kernelCount {
		family, _, _ := strings.Cut(kernels[k].name, "-")
		if name == family || name == kernels[k].name {
			s |= one(k)
		}
	}
	return s
}

// String returns the names of the kernels, separated by commas.
func (s Kernels) String() string {
	var names []string
	for k := range kernelCount {
		if s.has(k) {
			names = append(names, kernels[k].name)
		}
	}
	return strings.Join(names, ",")
}

// Lanes returns how many streams the widest kernel takes. More than that in a
// batch are not hashed any faster.
func (s Kernels) Lanes() int {
	lanes := 1
	for k := range kernelCount {
		if s.has(k) {
			lanes = max(lanes, k.lanes())
		}
	}
	return lanes
}

// narrowest returns the kernel that takes the fewest streams.
func (s Kernels) narrowest() (narrowest kernel) {
	lanes := MaxLanes + 1
	for k := range kernelCount {
		if s.has(k) && k.lanes() < lanes {
			narrowest, lanes = k, k.lanes()
		}
	}
	return narrowest
}
