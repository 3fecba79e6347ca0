//go:build unix

package clitest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
)

// A Relative is one of GNU's tools, and psha1sum called by its name.
type Relative struct {
	Name      string
	GNU       string // path
	Algorithm *hasher.Algorithm
}

// Family returns the relatives that are installed.
func Family(t *testing.T) (tools []Relative) {
	t.Helper()
	for _, alg := range hasher.Algorithms {
		path, err := exec.LookPath(alg.Command)
		if err != nil || CoreutilsVersion(path) != contract {
			continue // GNU has no such tool, or it differs in details
		}
		tools = append(tools, Relative{alg.Command, path, alg})
	}
	if len(tools) == 0 {
		Lacks(t, "none of GNU's tools of coreutils %d.%d is installed", contract.Major, contract.Minor)
	}
	return tools
}

// A shown is the visible outcome of a process.
type shown struct {
	Status         int
	Stdout, Stderr string
}

// Run runs a program under the tool's name.
func (r Relative) Run(t *testing.T, program, dir, locale, stdin string, args []string) shown {
	t.Helper()
	cmd := exec.Command(program)
	cmd.Args = append([]string{r.Name}, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=" + locale}
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return shown{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// Compare fails the test unless both programs have the same outcome.
func (r Relative) Compare(t *testing.T, dir, locale, stdin string, args ...string) {
	t.Helper()
	want := r.Run(t, r.GNU, dir, locale, stdin, args)
	got := r.Run(t, filepath.Join(Ours.Dir, Name), dir, locale, stdin, args)
	if got != want {
		t.Errorf("%s %q, %s, stdin %.300q\ngot  %d\n%.2000q\n%.2000q\nwant %d\n%.2000q\n%.2000q",
			r.Name, args, locale, stdin, got.Status, got.Stdout, got.Stderr, want.Status, want.Stdout, want.Stderr)
	}
}

// GoodLines returns the lines that the GNU tool prints.
func (r Relative) GoodLines(t *testing.T, dir string, names []string) (lines []string) {
	for _, options := range [][]string{nil, {"-b"}, {"--tag"}, {"-l", "8", "--tag"}, {"-l", "136", "--tag"}, {"-l", "256"}} {
		if len(options) > 1 && r.Name != "b2sum" {
			continue
		}
		out := r.Run(t, r.GNU, dir, "C", "", append(slices.Clone(options), names...))
		for line := range strings.Lines(out.Stdout) {
			lines = append(lines, line)
		}
	}
	return lines
}
