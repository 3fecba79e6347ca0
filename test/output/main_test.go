//go:build unix

// Package output_test tests that --output replaces a file completely or not at all, even
// if a signal or a fault ends the run, with both kinds of temporary files and where files
// can't be renamed, and that no run reads its own output.
package output_test

import (
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }
