//go:build !purego

package lanes

import (
	"fmt"

	"github.com/klauspost/cpuid/v2"
)

// detect returns the instruction sets that this CPU has and the operating system
// supports. No other file of the project uses cpuid, which queries the CPU in its init.
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

// family returns this CPU's family.
func family() Family {
	cpu := &cpuid.CPU
	return familyOf(cpu.VendorID, cpu.Family, cpu.Model, detect()&AVX512 != 0)
}

// familyOf maps the CPUID vendor, family and model to a Family. The AMD models are
// those that its manuals and Linux list for a generation; generations after Zen 5 are
// Unknown. So are Intel CPUs without AVX-512, because the SHA units of their cores
// differ.
func familyOf(vendor cpuid.Vendor, family, model int, avx512 bool) Family {
	switch {
	case vendor == cpuid.Intel && avx512:
		return Intel
	case vendor != cpuid.AMD && vendor != cpuid.Hygon:
		return Unknown
	case !avx512 && family <= 0x19:
		return AVX2Only
	case family == 0x19:
		return Zen4
	case family == 0x1a:
		switch model >> 4 {
		case 2, 6: // Strix Point and Krackan execute 512 bits in halves
			return Zen4
		case 0, 1, 4, 7:
			return Zen5
		}
	}
	return Unknown
}

// Processor returns the CPU's brand string, with its CPUID vendor, family and model.
func Processor() string {
	cpu := &cpuid.CPU
	return fmt.Sprintf("%s, %s family %#x model %#x", cpu.BrandName, cpu.VendorString, cpu.Family, cpu.Model)
}
