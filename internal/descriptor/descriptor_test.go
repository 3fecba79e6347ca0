package descriptor

import "testing"

func TestBelow(t *testing.T) {
	for _, test := range []struct {
		name, rest string
		ok         bool
	}{
		{"/dev/fd/3", "3", true}, {"/proc/self/fd/0", "0", true}, {"/proc/thread-self/fd/12", "12", true},
		{"//dev/./fd//3/", "3", true}, {"/proc/self/../self/fd/3", "3", true}, {"/dev/fd/3/a", "3/a", true},
		{"/dev/fd/", "", false}, {"/dev/fd/../null", "", false}, {"dev/fd/3", "", false}, {"/a/fd/3", "", false},
		{Stdin, "", false}, {"", "", false}, {"-", "", false},
	} {
		if rest, ok := Below(test.name); rest != test.rest || ok != test.ok {
			t.Errorf("%q: got %q, %v, want %q, %v", test.name, rest, ok, test.rest, test.ok)
		}
	}
}
