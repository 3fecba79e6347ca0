//go:build !purego

package lanes

import (
	"testing"

	"github.com/klauspost/cpuid/v2"
)

func TestFamilyOf(t *testing.T) {
	for _, test := range []struct {
		name          string
		vendor        cpuid.Vendor
		family, model int
		avx512        bool
		want          Family
	}{
		{"Zen 2, Rome", cpuid.AMD, 0x17, 0x31, false, AVX2Only},
		{"Zen 3, Milan", cpuid.AMD, 0x19, 0x01, false, AVX2Only},
		{"Hygon", cpuid.Hygon, 0x18, 0x01, false, AVX2Only},
		{"Zen 4, Genoa", cpuid.AMD, 0x19, 0x11, true, Zen4},
		{"Zen 4, Phoenix", cpuid.AMD, 0x19, 0x74, true, Zen4},
		{"Zen 4 in a machine that hides AVX-512", cpuid.AMD, 0x19, 0x11, false, AVX2Only},
		{"Zen 5, Turin", cpuid.AMD, 0x1a, 0x02, true, Zen5},
		{"Zen 5, Turin Dense", cpuid.AMD, 0x1a, 0x11, true, Zen5},
		{"Zen 5, Granite Ridge", cpuid.AMD, 0x1a, 0x44, true, Zen5},
		{"Zen 5, Strix Halo", cpuid.AMD, 0x1a, 0x70, true, Zen5},
		{"Zen 5, Strix Point", cpuid.AMD, 0x1a, 0x24, true, Zen4},
		{"Zen 5, Krackan", cpuid.AMD, 0x1a, 0x60, true, Zen4},
		{"after Zen 5", cpuid.AMD, 0x1a, 0x50, true, Unknown},
		{"AMD's next", cpuid.AMD, 0x1b, 0x00, true, Unknown},
		{"Skylake-SP", cpuid.Intel, 6, 0x55, true, Intel},
		{"Emerald Rapids", cpuid.Intel, 6, 0xcf, true, Intel},
		{"Diamond Rapids", cpuid.Intel, 19, 0x01, true, Intel},
		{"Alder Lake", cpuid.Intel, 6, 0x97, false, Unknown},
		{"Sierra Forest", cpuid.Intel, 6, 0xaf, false, Unknown},
		{"Zhaoxin", cpuid.VIA, 7, 0x3b, false, Unknown},
		{"one without a name", cpuid.VendorUnknown, 0, 0, true, Unknown},
	} {
		if got := familyOf(test.vendor, test.family, test.model, test.avx512); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}
