//go:build unix

// Package resources_test tests that digests and messages are right and every run ends,
// whatever the machine: few descriptors, threads and little memory, huge inputs, injected
// errors and delays, each I/O method, each kernel, and file systems of all kinds,
// including a FUSE server with unusual behaviour.
package resources_test

import (
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }
