//go:build unix

package main_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// TestManyDirectories has more trees, and more manifests with directories of their own,
// than a process may have open.
func TestManyDirectories(t *testing.T) {
	t.Parallel()
	needOwn(t)
	dir := t.TempDir()
	var trees []string
	var lines, verdicts strings.Builder
	for i := range 300 {
		tree := fmt.Sprintf("tree%03d", i)
		content := strconv.Itoa(i)
		write(t, dir, tree+"/file", content)
		write(t, dir, tree+"/sub/other", content)
		write(t, dir, "sums"+tree+"/SUMS", lineOf(content, "in/file")+lineOf(content, "../"+tree+"/sub/other"))
		write(t, dir, "sums"+tree+"/in/file", content)
		write(t, dir, "beneath"+tree+"/SUMS", lineOf(content, "file")+lineOf(content, "sub/other"))
		write(t, dir, "beneath"+tree+"/file", content)
		write(t, dir, "beneath"+tree+"/sub/other", content)
		trees = append(trees, tree)
		lines.WriteString(lineOf(content, tree+"/file") + lineOf(content, tree+"/sub/other"))
		verdicts.WriteString("in/file: OK\n../" + tree + "/sub/other: OK\n")
	}
	own := func(prefix string) (manifests []string) {
		for _, tree := range trees {
			manifests = append(manifests, prefix+tree+"/SUMS")
		}
		return manifests
	}
	limits := []int{1000, room(15), room(5)}
	if raceEnabled {
		limits = limits[:1] // a build for the race detector takes some for itself, at any time
	}
	for _, test := range []struct {
		title string
		args  []string
		want  string
	}{
		{"trees", append([]string{"-r"}, trees...), lines.String()},
		{"manifests", append([]string{"-c", "--relative-to=manifest"}, own("sums")...), verdicts.String()},
		{"manifests, beneath", append([]string{"-c", "--relative-to=manifest", "--beneath"}, own("beneath")...),
			strings.Repeat("file: OK\nsub/other: OK\n", len(trees))},
	} {
		for _, limit := range limits {
			t.Run(fmt.Sprint(test.title, limit), func(t *testing.T) {
				got := ours.output(t, test.args, settings{dir: dir, shell: "ulimit -n " + strconv.Itoa(limit)})
				if got.status != "exit 0" || len(got.stderr) > 0 {
					t.Fatalf("%s, %.500s\n%.1000s", got.status, got.stderr, got.stdout)
				}
				wantText(t, string(got.stdout), test.want)
			})
		}
	}
}
