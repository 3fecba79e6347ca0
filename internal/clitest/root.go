//go:build unix

package clitest

import (
	"path/filepath"
	"testing"
)

// Path returns the absolute path of a file in this repository.
func Path(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(Root, name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Root is the root of the repository, to which the names in testdata/SHA1SUMS are
// relative.
const Root = "../.."
