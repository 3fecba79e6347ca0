//go:build unix

package main_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// TestManyFolders has more trees than a process may have folders open.
func TestManyFolders(t *testing.T) {
	t.Parallel()
	needOwn(t)
	dir := t.TempDir()
	var trees []string
	var lines strings.Builder
	for i := range 300 {
		tree := fmt.Sprintf("tree%03d", i)
		content := strconv.Itoa(i)
		write(t, dir, tree+"/file", content)
		write(t, dir, tree+"/sub/other", content)
		trees = append(trees, tree)
		lines.WriteString(lineOf(content, tree+"/file") + lineOf(content, tree+"/sub/other"))
	}
	for _, limit := range []int{1000, 20, 10} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			got := ours.output(t, append([]string{"-r"}, trees...), settings{dir: dir, shell: "ulimit -n " + strconv.Itoa(limit)})
			if got.status != "exit 0" || len(got.stderr) > 0 {
				t.Fatalf("%.1000s", got)
			}
			wantText(t, string(got.stdout), lines.String())
		})
	}
}
