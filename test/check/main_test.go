//go:build unix

// Package check_test proves what becomes of the files that manifests name, as far as that is
// not GNU's: --audit and -a auto, which are held against models, --fail-fast, --explain, and
// --beneath with manifests that aren't trusted, also while others change what they name.
package check_test

import (
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }
