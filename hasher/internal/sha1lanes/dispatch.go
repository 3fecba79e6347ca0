package sha1lanes

// From how many busy lanes on a kernel is used. A call of it takes the same
// time whatever their number, so with fewer of them the kernels before it get
// more done. BenchmarkCrossover sets these; the figures are SIMD.md's, in GB/s.
const (
	fromAVX2x8    = 3  // 1.6, crypto/sha1 1.3: it has only AVX2 itself where there is no SHA-NI
	fromAVX512x8  = 5  // 4.3, shani-x4 and shani-x1 4.0
	fromAVX512x16 = 13 // 6.4, avx512-x8 twice 5.6; but 12 are 8 and 4, with 6.3 against 5.9
)

// kernels says what each kernel is called, how many streams it takes, from how
// many on it is used, and how many GB/s it hashes with all of them, measured by
// BenchmarkKernel. Only the proportions of the rates matter.
var kernels = [kernelCount]struct {
	name  string
	lanes int
	from  int
	rate  float64
}{
	generic:    {"generic", 1, 1, 0.33},
	cryptoSHA1: {"crypto/sha1", 1, 1, 1.3},
	avx2x8:     {"avx2-x8", 8, fromAVX2x8, 4.35},
	shaNIx1:    {"shani-x1", 1, 1, 1.93},
	shaNIx2:    {"shani-x2", 2, 2, 3.55},
	shaNIx3:    {"shani-x3", 3, 3, 4.85},
	shaNIx4:    {"shani-x4", 4, 4, 5.35},
	avx512x8:   {"avx512-x8", 8, fromAVX512x8, 6.9},
	avx512x16:  {"avx512-x16", 16, fromAVX512x16, 7.9},
}

// next returns the kernel for the first of n busy lanes. Those that it leaves
// over are for the kernel that next returns then.
func (s Kernels) next(n int) kernel {
	for k := range kernelCount {
		if k = kernelCount - 1 - k; s.has(k) && n >= kernels[k].from {
			return k
		}
	}
	return s.narrowest() // only if s has no portable kernel
}

// Rate returns the speed, in GB/s of one core of the machine it was measured on,
// of a batch of n streams of equal length. A scheduler that has fewer streams
// than its idle workers could take shares them out so that the sum of the rates
// is highest.
func (s Kernels) Rate(n int) float64 {
	time := 0.0
	for left := n; left > 0; {
		k := s.next(min(left, s.Lanes()))
		time += float64(k.lanes()) / kernels[k].rate
		left -= k.lanes()
	}
	return float64(n) / time
}
