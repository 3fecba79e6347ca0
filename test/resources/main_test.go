//go:build unix

// Package resources_test proves that digests and messages are right, and that every run ends,
// whatever the machine is like: few descriptors, threads and little memory, huge inputs,
// errors and delays that are injected, each way of reading, each kernel, and file systems
// of all kinds, one of them in user space, which serves whatever one may.
package resources_test

import (
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }
