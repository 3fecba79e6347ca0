package clitest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Strace returns the command that injects a fault into the system calls on one file.
func Strace(t *testing.T, path, fault string) []string {
	t.Helper()
	program := NeedProgram(t, "strace")
	if out, err := exec.Command(program, "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		Lacks(t, "strace doesn't work here: %v: %s", err, out)
	}
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	return []string{program, "-f", "-qq", "-o", os.DevNull, "-P", resolved, "-e", "trace=all", "-e", "inject=" + fault}
}

// NoRing returns psha1sum's message on why io_uring isn't available, or "".
func NoRing(t *testing.T) string {
	t.Helper()
	out := Ours.Output(t, []string{"--io=uring", os.DevNull}, Settings{})
	reason, found := strings.CutPrefix(string(out.Stderr), "sha1sum: cannot set up io_uring: ")
	switch {
	case out.Status == "exit 0" && len(out.Stderr) == 0:
		return ""
	case found && out.Status == "exit 1" && len(out.Stdout) == 0:
		return reason
	}
	t.Fatalf("--io=uring\n%s", out)
	return ""
}

// StraceAll returns the command that injects a fault into all system calls of a given
// name.
func StraceAll(t *testing.T, fault string) []string {
	t.Helper()
	under := Strace(t, os.DevNull, fault)
	at := slices.Index(under, "-P")
	return slices.Delete(under, at, at+2)
}

// Inject returns the command that injects faults into all system calls of a tool, which
// remains our child (-D).
func Inject(t *testing.T, faults ...string) []string {
	t.Helper()
	program := NeedProgram(t, "strace")
	if out, err := exec.Command(program, "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		Lacks(t, "strace doesn't work here: %v: %s", err, out)
	}
	command := []string{program, "-D", "-f", "-e", "quiet=all", "-o", os.DevNull}
	for _, fault := range faults {
		command = append(command, "-e", "inject="+fault)
	}
	return command
}

// NoTmpfile returns the command that makes creating nameless files in dir fail.
func NoTmpfile(t *testing.T, dir string) []string {
	command := Inject(t, "openat:error=EOPNOTSUPP")
	return append(command, "-P", dir+"/")
}
