//go:build unix

package main_test

import (
	"os"
	"strings"
	"testing"
)

// testIO is the environment variable that has the tests call psha1sum with one
// way of reading: "read" or "uring".
const testIO = "PSHA1SUM_TEST_IO"

// forcedIO returns the option for that, if there is to be one. A process that is
// to make do with few descriptors has none for a ring.
func forcedIO(s settings) []string {
	way := os.Getenv(testIO)
	if way == "" || ours.standIn || strings.Contains(s.shell, "ulimit -n") {
		return nil
	}
	return []string{"--io=" + way}
}

// needRead skips a test that watches the system calls for reading, where they
// are not made.
func needRead(t testing.TB) {
	t.Helper()
	if os.Getenv(testIO) == "uring" {
		notMeant(t, "strace sees nothing of what a ring does")
	}
}
