//go:build unix

// Package reports_test tests the machine-readable output: --json, --report=junit and
// --report=github, each parsed by independent parsers, validated by its schema or
// interpreted by a model of GitHub's runner, with hostile names and with files that can't
// be created; and action.yml with its script.
package reports_test

import (
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }
