//go:build !purego

package sha1lanes

import "github.com/klauspost/cpuid/v2"

// detect returns the kernels whose instructions this CPU has and the operating
// system lets programs use. This is the only file that asks; cpuid has done its
// work before main, and an answer costs nothing.
func detect() (s Kernels) {
	if cpuid.CPU.Supports(cpuid.SHA, cpuid.SSSE3, cpuid.SSE4) {
		s |= one(shaNIx1) | one(shaNIx2) | one(shaNIx3) | one(shaNIx4)
	}
	if cpuid.CPU.Supports(cpuid.AVX2) {
		s |= one(avx2x8)
	}
	if cpuid.CPU.Supports(cpuid.AVX2, cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512VL) {
		s |= one(avx512x8) | one(avx512x16)
	}
	return s
}

// assembly hashes blocks, at least one, of each of the kernel's lanes. digests
// points to a column of a Hasher's digests, data to the same of its data.
func (k kernel) assembly(digests *uint32, data **byte, blocks int) {
	switch k {
	case shaNIx1:
		blocksSHANIx1(digests, data, blocks)
	case shaNIx2:
		blocksSHANIx2(digests, data, blocks)
	case shaNIx3:
		blocksSHANIx3(digests, data, blocks)
	case shaNIx4:
		blocksSHANIx4(digests, data, blocks)
	case avx2x8:
		blocksAVX2x8(digests, data, blocks)
	case avx512x8:
		blocksAVX512x8(digests, data, blocks)
	case avx512x16:
		blocksAVX512x16(digests, data, blocks)
	}
}
