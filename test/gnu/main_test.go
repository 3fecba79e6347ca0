//go:build unix

// Package gnu_test runs the real psha1sum beside the real GNU sha1sum, as a user or a
// script would, and proves that what can be seen of them from outside is the same: both
// output streams, the exit status or the signal of death, where standard input was left,
// and what was opened when.
//
// differential_test.go has random cases and shrink_test.go cuts them down; family_test.go
// has GNU's other tools. The others each have one thing in full: options, quoted names,
// lines of manifests, standard streams, the order of what is opened and printed, terminals,
// signals, permissions, NIST's vectors. jobs_test.go: options that GNU does not have
// disturb none of it.
package gnu_test

import (
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }
