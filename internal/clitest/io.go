//go:build unix

package clitest

import (
	"os"
	"strings"
	"testing"
)

// IOVariable is the environment variable that selects the I/O method with which the tests
// call psha1sum: "read" or "uring".
const IOVariable = "PSHA1SUM_TEST_IO"

// ForcedIO returns the option for that method, if set. A process with few descriptors has
// none for a ring.
func ForcedIO(s Settings) []string {
	way := os.Getenv(IOVariable)
	if way == "" || Ours.StandIn || strings.Contains(s.Shell, "ulimit -n") {
		return nil
	}
	return []string{"--io=" + way}
}

// NeedRead skips a test that observes read(2) if another method is forced.
func NeedRead(t testing.TB) {
	t.Helper()
	if os.Getenv(IOVariable) == "uring" {
		NotMeant(t, "strace sees nothing of what a ring does")
	}
}
