//go:build unix

// Package cache_test tests that psha1sum prints the same with --cache as without: for
// known and changed files, wrong digests and other damage, several runs that share a
// cache, and runs ended by signals at any time, whose large files are then resumed.
package cache_test

import (
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }
