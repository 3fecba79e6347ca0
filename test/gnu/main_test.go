//go:build unix

// Package gnu_test runs the real psha1sum and the real GNU sha1sum as a user or a script
// would, and tests that their observable behaviour is the same: both output streams, the
// exit status or the fatal signal, the final offset of standard input, and the order of
// opening files.
//
// differential_test.go has random cases and shrink_test.go reduces them; family_test.go
// has GNU's other tools. The others each cover one subject: options, quoted names, lines
// of manifests, standard streams, the order of opening and printing, terminals, signals,
// permissions, NIST's vectors. jobs_test.go checks that options that GNU doesn't have
// affect none of this.
package gnu_test

import (
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }
