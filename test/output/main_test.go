//go:build unix

// Package output_test proves that --output replaces a file as a whole or not at all, also if
// a signal or a fault ends the run, with temporary files of either kind and where nothing can
// be renamed, and that no run reads what it writes.
package output_test

import (
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }
