//go:build unix

// Package reports_test proves what programs get to read: --json, --report=junit and
// --report=github, each read back by parsers that aren't ours, by its schema or by a model of
// GitHub's runner, with hostile names and with files that can't be made; and action.yml with
// its script at work.
package reports_test

import (
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }
