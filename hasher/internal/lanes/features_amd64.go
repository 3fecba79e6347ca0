//go:build !purego

package lanes

import "github.com/klauspost/cpuid/v2"

// detect returns the instructions that this CPU has and the operating system
// lets programs use. This is the only file that asks; cpuid has done its work
// before main, and an answer costs nothing.
func detect() (has Features) {
	if cpuid.CPU.Supports(cpuid.SHA, cpuid.SSSE3, cpuid.SSE4) {
		has |= SHANI
	}
	if cpuid.CPU.Supports(cpuid.AVX2) {
		has |= AVX2
	}
	if cpuid.CPU.Supports(cpuid.AVX2, cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512VL) {
		has |= AVX512
	}
	return has
}
