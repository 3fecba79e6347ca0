//go:build unix

package clitest

import (
	"os/exec"
	"strings"
	"testing"
)

// found is a script equivalent to -r. Its arguments are the options of find before and
// after the operands, the tool with its options in one word, and the operands.
const found = `first=$1 last=$2 tool=$3
shift 3
for operand; do
	find $first "$operand" $last -type f -print0 2>/dev/null | LC_ALL=C sort -z
done | xargs -0 -r -n 1000 $tool --`

// ByFind returns the output of find, sort, xargs and a tool.
func ByFind(t *testing.T, dir, first, last, tool string, operands []string) []byte {
	t.Helper()
	if len(operands) == 0 {
		operands = []string{"."}
	}
	command := exec.CommandContext(t.Context(), "sh", append([]string{"-c", found, "sh", first, last, tool}, operands...)...)
	command.Dir = dir
	out, err := command.Output()
	if err != nil && len(out) == 0 && !strings.HasPrefix(err.Error(), "exit") {
		t.Fatal(err)
	}
	return out
}

// NeedFind skips a test if the programs of the script are missing.
func NeedFind(t *testing.T) {
	t.Helper()
	NeedGNU(t)
	NeedOwn(t)
	for _, program := range []string{"find", "sort", "xargs"} {
		NeedProgram(t, program)
	}
}
