//go:build unix

package clitest

import (
	"os"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/reader"
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

// NeedLocalDisk skips a test where temporary files aren't on a file system of which
// psha1sum takes sizes and numbers for granted: on an overlay, say, as in a container.
func NeedLocalDisk(t *testing.T) {
	t.Helper()
	name := t.TempDir() + "/file"
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	info := reader.Stat(name)
	f, err := reader.Open(name, info)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var disks reader.LocalDisks
	if disks.Learn(&f); !disks.Has(info.ID.Device) {
		NotMeant(t, "temporary files are on a file system of another kind")
	}
}

// NeedRead skips a test that watches the system calls for reading, where they
// are not made.
func NeedRead(t testing.TB) {
	t.Helper()
	if os.Getenv(IOVariable) == "uring" {
		NotMeant(t, "strace sees nothing of what a ring does")
	}
}
