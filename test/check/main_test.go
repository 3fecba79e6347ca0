//go:build unix

// Package check_test tests the extensions of --check: --audit and -a auto against models,
// --fail-fast, --explain, and --beneath with untrusted manifests, also while the files
// that they name are being changed.
package check_test

import (
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }
