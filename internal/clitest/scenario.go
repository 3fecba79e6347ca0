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

// EachTool runs a scenario on GNU sha1sum, which validates it, and on psha1sum.
func EachTool(t *testing.T, scenario func(t *testing.T, tool *Tool)) {
	for _, tool := range Tools() {
		t.Run(tool.Title, func(t *testing.T) { scenario(t, tool) })
	}
}

// ManyFiles creates files in dir, most of them small, and returns their names. They are
// links to a few hundred files shared with other tests: creating as many files would take
// 20 times as long.
func ManyFiles(t testing.TB, dir string, count int) []string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	names := make([]string, count)
	for i := range names {
		names[i] = fmt.Sprintf("%s%d", strings.Repeat("n", i%97), i)
		size := i % 300
		if i%500 == 0 {
			size = 300_000
		}
		linkShared(t, dir+"/"+names[i], size)
	}
	return names
}

// sharedFiles are the existing files to link to, by size.
var sharedFiles struct {
	sync.Mutex
	made map[int]bool
}

// linkShared creates a link to the shared file of a size. It creates the file if there is
// none, or if it has too many links.
func linkShared(t testing.TB, path string, size int) {
	t.Helper()
	sharedFiles.Lock()
	defer sharedFiles.Unlock()
	content, pool := strings.Repeat("c", size), filepath.Join(filepath.Dir(Ours.Dir), "many")
	name := strconv.Itoa(size)
	if !sharedFiles.made[size] {
		if sharedFiles.made == nil {
			sharedFiles.made = make(map[int]bool)
		}
		Write(t, pool, name, content)
		sharedFiles.made[size] = true
	}
	if os.Link(filepath.Join(pool, name), path) != nil {
		Write(t, filepath.Dir(path), filepath.Base(path), content)
	}
}
