//go:build unix

// Package cache_test proves that psha1sum with --cache prints what it prints without: what
// is found and what has changed, wrong digests and any other damage, several runs that share
// a cache, and runs that end by signals at any time, whose large files are then gone on with.
package cache_test

import (
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }
