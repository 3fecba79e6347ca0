//go:build unix

package clitest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// TryHelp is the second line of a usage error.
const TryHelp = "Try 'sha1sum --help' for more information.\n"

// EachTool runs a scenario on GNU sha1sum, which proves it, and on psha1sum.
func EachTool(t *testing.T, scenario func(t *testing.T, tool *Tool)) {
	for _, tool := range Tools() {
		t.Run(tool.Title, func(t *testing.T) { scenario(t, tool) })
	}
}

// ManyFiles makes files in dir, small but for some, and returns their names. They are
// links to files that other tests have as well: to make so many takes much longer.
func ManyFiles(t testing.TB, dir string, count int) []string {
	t.Helper()
	pool := manyShared(t, count)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	names := make([]string, count)
	for i := range names {
		names[i] = fmt.Sprintf("%s%d", strings.Repeat("n", i%97), i)
		if os.Link(filepath.Join(pool, strconv.Itoa(i)), dir+"/"+names[i]) != nil {
			Write(t, dir, names[i], contentOfMany(i))
		}
	}
	return names
}

// sharedFiles is how many files there are to be linked.
var sharedFiles struct {
	sync.Mutex
	made int
}

// manyShared returns the directory of the files that ManyFiles links, with as many as are
// asked for.
func manyShared(t testing.TB, count int) (pool string) {
	t.Helper()
	sharedFiles.Lock()
	defer sharedFiles.Unlock()
	pool = filepath.Join(filepath.Dir(Ours.Dir), "many")
	for ; sharedFiles.made < count; sharedFiles.made++ {
		Write(t, pool, strconv.Itoa(sharedFiles.made), contentOfMany(sharedFiles.made))
	}
	return pool
}

func contentOfMany(i int) string {
	size := i % 300
	if i%500 == 0 {
		size = 300_000
	}
	return strings.Repeat("c", size)
}
