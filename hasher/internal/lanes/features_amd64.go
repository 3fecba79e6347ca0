//go:build !purego

package lanes

import (
	"fmt"

	"github.com/klauspost/cpuid/v2"
)

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

// family returns this CPU's family.
func family() Family {
	cpu := &cpuid.CPU
	return familyOf(cpu.VendorID, cpu.Family, cpu.Model, detect()&AVX512 != 0)
}

// familyOf tells the family by what the CPUID instruction says of its maker and
// model, where family is the maker's word for something else than ours. AMD's
// models are those that its manuals and Linux give to a generation; what comes
// after Zen 5 is Unknown. So are Intel's without AVX-512, of which some have cores
// whose SHA unit is another.
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

// Processor returns what CPUID calls this CPU, with its maker's numbers.
func Processor() string {
	cpu := &cpuid.CPU
	return fmt.Sprintf("%s, %s family %#x model %#x", cpu.BrandName, cpu.VendorString, cpu.Family, cpu.Model)
}
