//go:build unix

package clitest

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// Temporary returns the names of temporary files in a directory.
func Temporary(t *testing.T, dir string) []string {
	t.Helper()
	return slices.DeleteFunc(Entries(t, dir), func(name string) bool {
		return !strings.HasPrefix(name, ".SUMS.") || !strings.HasSuffix(name, ".tmp")
	})
}

// WantFile fails the test unless path is a regular file with that content.
func WantFile(t testing.TB, path, want string) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Error(err)
		return
	}
	if !info.Mode().IsRegular() {
		t.Errorf("%s is %v", path, info.Mode())
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
		return
	}
	WantText(t, string(got), want)
}

// Entries lists a directory.
func Entries(t testing.TB, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// WantEntries fails the test unless a directory has exactly these entries.
func WantEntries(t testing.TB, dir string, want []string) {
	t.Helper()
	if got := Entries(t, dir); !slices.Equal(got, want) {
		t.Errorf("the directory holds %q, want %q", got, want)
	}
}

// WantOutcome runs psha1sum and fails the test unless it ends with this status, prints
// this to standard error, and nothing to standard output.
func WantOutcome(t testing.TB, args []string, s Settings, status, stderr string) {
	t.Helper()
	got := Ours.Output(t, args, s)
	want := Outcome{Status: status, Stderr: []byte(stderr), Offset: -1}
	if got.Status != want.Status || len(got.Stdout) > 0 || !bytes.Equal(got.Stderr, want.Stderr) {
		t.Errorf("%s:\nwant\n%sgot\n%s", Clip(fmt.Appendf(nil, "%q", args)), want, got)
	}
}

// Chmod changes the mode of a file.
func Chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}
