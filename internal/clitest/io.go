//go:build unix

package clitest

import (
	"os"
	"strings"
	"testing"
)

// IOVariable is the environment variable that has the tests call psha1sum with one
// way of reading: "read" or "uring".
const IOVariable = "PSHA1SUM_TEST_IO"

// ForcedIO returns the option for that, if there is to be one. A process that is
// to make do with few descriptors has none for a ring.
func ForcedIO(s Settings) []string {
	way := os.Getenv(IOVariable)
	if way == "" || Ours.StandIn || strings.Contains(s.Shell, "ulimit -n") {
		return nil
	}
	return []string{"--io=" + way}
}

// NeedRead skips a test that watches the system calls for reading, where they
// are not made.
func NeedRead(t testing.TB) {
	t.Helper()
	if os.Getenv(IOVariable) == "uring" {
		NotMeant(t, "strace sees nothing of what a ring does")
	}
}
