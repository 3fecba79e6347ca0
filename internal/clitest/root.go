//go:build unix

package clitest

import (
	"path/filepath"
	"testing"
)

// Path returns the absolute path of a file of this repository.
func Path(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(Root, name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Root is the repository's, which the names in testdata/SHA1SUMS begin at.
const Root = "../.."
