//go:build unix

package trees_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// largeTree makes a tree of so many files: many of them in one directory, and
// some at the end of a long chain of directories.
func largeTree(t *testing.T, files int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	const mostLinks = 30_000 // of one file, which all file systems allow
	empty := ""
	empties := 0
	make := func(parent string, n int) {
		if err := os.MkdirAll(parent, 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			path, content := fmt.Sprintf("%s/%d", parent, i), ""
			if i%10 == 0 {
				content = fmt.Sprintf("%s %d", parent[len(dir):], i)
			} else if empties++; empties%mostLinks != 1 && os.Link(empty, path) == nil {
				continue // to make a file takes much longer
			} else {
				empty = path
			}
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	wide := min(files/2, 100_000)
	make(dir+"/b", wide)
	const each = 40
	for i := range (files - wide) / each {
		make(fmt.Sprintf("%s/%c%d/%d", dir, 'a'+i%3, i%100, i), each)
	}
	make(dir+"/c"+strings.Repeat("/d", 1000), 10)
	// What removes dir has all directories of the chain open at once.
	t.Cleanup(func() { exec.Command("rm", "-rf", dir+"/c").Run() })
	return dir
}

// TestLargeTree checks that a tree may have any size: the output is in order and memory
// use small.
func TestLargeTree(t *testing.T) {
	t.Parallel()
	clitest.NeedFind(t)
	files := 5000
	switch {
	case *large.Flag:
		files = 1_000_000
	case testing.Short() || clitest.RaceEnabled:
		files = 4000
	}
	dir := largeTree(t, files)
	want := clitest.ByFind(t, dir, "-H", "", clitest.GNU.Path(), nil)
	for _, options := range [][]string{{"-r"}, {"-r", "--io=read"}, {"-rL", "-j1"}} {
		status, sum, peak := peakOf(t, dir, options...)
		if status != "exit 0" || sum != clitest.DigestOf(want) {
			t.Errorf("%q: %s, other lines than find, sort, xargs and sha1sum print", options, status)
			clitest.WantText(t, string(clitest.Ours.Output(t, options, clitest.Settings{Dir: dir}).Stdout), string(want))
		}
		clitest.WantPeak(t, peak, clitest.ReportedMore, clitest.PeakAgain(t, dir, options))
	}
}

// TestFirstLineOfTree checks that lines are printed during the walk, and that the walk
// doesn't run far ahead of the output: in a tree with many more directories than are
// listed ahead, the last ones are not read before the first lines are.
func TestFirstLineOfTree(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	// Some 650 names of 3,300 bytes are in the results that wait, which hold 2 MiB of
	// them, and 20 in a pipe; and 272 directories are listed ahead of those.
	const dirs, each = 700, 2
	long := strings.Repeat("n", 240)
	deep := "." + strings.Repeat("/"+strings.Repeat("d", 250), 12)
	root := t.TempDir()
	dir := root + "/" + deep
	clitest.Write(t, root, "~empty", "")
	for i := range dirs {
		parent := fmt.Sprintf("%s/%04d", dir, i)
		if err := os.MkdirAll(parent, 0o755); err != nil {
			t.Fatal(err)
		}
		for j := range each {
			if err := os.Link(root+"/~empty", fmt.Sprintf("%s/%s%d", parent, long, j)); err != nil {
				t.Fatal(err)
			}
		}
	}
	s := clitest.Ours.Session(t, []string{"-r"}, clitest.Settings{Dir: root})
	if line := s.Stdout.Next(); line != clitest.LineOf("", deep+"/0000/"+long+"0") {
		t.Fatalf("%q", line)
	}
	s.Settle()
	// What comes now is found only if the walk has not been there.
	clitest.Write(t, dir, fmt.Sprintf("%04d/~late", dirs-1), "late")
	out := bufio.NewScanner(s.Stdout.Buffer)
	lines, before, last := 1, "", ""
	for out.Scan() {
		lines, before, last = lines+1, last, out.Text()
	}
	if err := out.Err(); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	if lines != dirs*each+2 || before+"\n" != clitest.LineOf("late", fmt.Sprintf("%s/%04d/~late", deep, dirs-1)) {
		t.Errorf("%d lines, the last but one is %.4000q", lines, before)
	}
	s.WantEnd("exit 0", "", "")
}
