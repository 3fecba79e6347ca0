//go:build unix

// Package docs_test tests that the documentation of the command is correct: --help and
// --version, the manual page, the shells' completions as the shells use them, the
// suggestions for wrong options, and the list of packages in ARCHITECTURE.md.
package docs_test

import (
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }
