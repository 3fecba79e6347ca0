//go:build unix

// Package trees_test tests which files are hashed, and in which order: -r against find,
// sort and xargs, with few descriptors, in changing trees and in trees of any size, and
// --files0-from against wc.
package trees_test

import (
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }
