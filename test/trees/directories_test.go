//go:build unix

package trees_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// TestManyDirectories checks more trees, and more manifests with directories of their
// own, than a process can have open.
func TestManyDirectories(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	var trees []string
	var lines, verdicts strings.Builder
	for i := range large.Or(100, 300) {
		tree := fmt.Sprintf("tree%03d", i)
		content := strconv.Itoa(i)
		clitest.Write(t, dir, tree+"/file", content)
		clitest.Write(t, dir, tree+"/sub/other", content)
		clitest.Write(t, dir, "sums"+tree+"/SUMS", clitest.LineOf(content, "in/file")+clitest.LineOf(content, "../"+tree+"/sub/other"))
		clitest.Write(t, dir, "sums"+tree+"/in/file", content)
		clitest.Write(t, dir, "beneath"+tree+"/SUMS", clitest.LineOf(content, "file")+clitest.LineOf(content, "sub/other"))
		clitest.Write(t, dir, "beneath"+tree+"/file", content)
		clitest.Write(t, dir, "beneath"+tree+"/sub/other", content)
		trees = append(trees, tree)
		lines.WriteString(clitest.LineOf(content, tree+"/file") + clitest.LineOf(content, tree+"/sub/other"))
		verdicts.WriteString("in/file: OK\n../" + tree + "/sub/other: OK\n")
	}
	own := func(prefix string) (manifests []string) {
		for _, tree := range trees {
			manifests = append(manifests, prefix+tree+"/SUMS")
		}
		return manifests
	}
	limits := []int{1000, clitest.DescriptorLimit(15), clitest.DescriptorLimit(5)}
	if clitest.RaceEnabled {
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
				got := clitest.Ours.Output(t, test.args, clitest.Settings{Dir: dir, Shell: "ulimit -n " + strconv.Itoa(limit)})
				if got.Status != "exit 0" || len(got.Stderr) > 0 {
					t.Fatalf("%s, %.500s\n%.1000s", got.Status, got.Stderr, got.Stdout)
				}
				clitest.WantText(t, string(got.Stdout), test.want)
			})
		}
	}
}
