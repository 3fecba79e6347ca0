//go:build unix

package quote_test

import (
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
)

// TestBashReadsTheName lets bash parse quoted names, as users paste them.
func TestBashReadsTheName(t *testing.T) {
	path, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash is installed")
	}
	names := specialNames(rand.New(rand.NewPCG(7, 7)), 3000)
	for _, utf8Locale := range []bool{false, true} {
		var script strings.Builder
		for _, name := range names {
			script.WriteString("printf '%s\\0' " + shell(name, utf8Locale) + "\n")
		}
		cmd := exec.Command(path, "--norc")
		cmd.Env = []string{"LC_ALL=C"}
		cmd.Stdin = strings.NewReader(script.String())
		output, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		read := strings.Split(strings.TrimSuffix(string(output), "\x00"), "\x00")
		if len(read) != len(names) {
			t.Fatalf("bash read %d names, want %d", len(read), len(names))
		}
		for i, name := range names {
			if read[i] != name {
				t.Errorf("%q quoted as %s: bash reads %q", name, shell(name, utf8Locale), read[i])
			}
		}
	}
}
