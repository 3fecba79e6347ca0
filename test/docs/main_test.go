//go:build unix

// Package docs_test proves that what is written about the command is true: --help and
// --version, the manual page, the shells' completions, which the shells are asked about, the
// suggestions for wrong options, and the arrows between packages in CONTRIBUTING.md.
package docs_test

import (
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }
