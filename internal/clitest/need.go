//go:build unix

package clitest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filestate"
	"github.com/psha1sum/psha1sum/reader"
)

// Lacks skips a test because this machine lacks something. On a machine that should have
// everything, PSHA1SUM_NO_SKIP=1 turns it into a failure.
func Lacks(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("PSHA1SUM_NO_SKIP") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// NotMeant skips a test that doesn't apply to this build or this reference.
func NotMeant(t testing.TB, format string, args ...any) {
	t.Helper()
	t.Skipf(format, args...)
}

// NeedGNU skips a test if there is no GNU sha1sum to compare with.
func NeedGNU(t testing.TB) {
	t.Helper()
	if GNU == nil {
		Lacks(t, "no GNU sha1sum is installed")
	}
}

// NeedEarlyEntry skips a test of inherited state for builds that can't see it.
func NeedEarlyEntry(t testing.TB) {
	t.Helper()
	if !SeesInherited() {
		NotMeant(t, "only the scripted build for linux/amd64, without -race, sees what it inherited")
	}
}

// NeedOwn skips a test of features beyond GNU's if GNU sha1sum is the stand-in.
func NeedOwn(t testing.TB) {
	t.Helper()
	if Ours.StandIn {
		NotMeant(t, "a stand-in is tested, which has only what GNU has")
	}
}

// NeedProgram returns the path of a program, or skips the test if it is missing.
func NeedProgram(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Lacks(t, "%s is not installed", name)
	}
	return path
}

// NeedFile skips a test if a file such as /dev/full is missing.
func NeedFile(t testing.TB, path string) {
	t.Helper()
	if !Exists(path) {
		Lacks(t, "this system has no %s", path)
	}
}

// BelievesTimes reports whether --cache trusts the timestamps of files in a directory.
func BelievesTimes(dir string) (bool, error) {
	name := filepath.Join(dir, "times")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		return false, err
	}
	f, err := reader.Open(name, reader.Stat(name))
	if err != nil {
		return false, err
	}
	defer f.Close()
	on, err := filestate.FileSystemOf(&f)
	return on.TrustedTimes, err
}
