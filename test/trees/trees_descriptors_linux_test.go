package trees_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

// TestTreesWithFewDescriptors walks trees and reads lists with so few descriptors that
// directories, files and the list compete for them. Either the output is complete, or the
// omissions are reported.
func TestTreesWithFewDescriptors(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	clitest.NeedEarlyEntry(t)
	dir := t.TempDir()
	var names, directories []string
	for i := range 60 {
		directory := fmt.Sprintf("%02d", i)
		directories = append(directories, directory)
		for j := range 4 {
			name := fmt.Sprintf("%s/%d/%d", directory, j%2, j)
			clitest.Write(t, dir, name, strings.Repeat(name, 1+i*j*20))
			names = append(names, name)
		}
	}
	clitest.Write(t, dir+"/..", "list", strings.Join(names, "\x00"))
	clitest.Write(t, dir+"/..", "directories", strings.Join(directories, "\x00"))
	rooms := []int{1, 2, 3, 4, 5, 7, 9, 15, 25, 60}
	if testing.Short() || clitest.RaceEnabled {
		rooms = []int{1, 2, 5, 15, 60}
	}
	for _, args := range [][]string{
		{"-r"},
		append([]string{"-r"}, directories...),
		{"--files0-from=../list"},
		{"-r", "--files0-from=../directories"},
		{"-rL", "-C", "..", dir},
		{"-C", ".", "--files0-from=../list"},
	} {
		want := clitest.Ours.Output(t, args, clitest.Settings{Dir: dir})
		if want.Status != "exit 0" || strings.Count(string(want.Stdout), "\n") != len(names) {
			t.Fatalf("%q: %s", args, want)
		}
		for _, n := range rooms {
			limit := clitest.DescriptorLimit(n)
			got := clitest.Ours.Output(t, args, clitest.Settings{Dir: dir, Shell: clitest.LimitDescriptors(n)})
			switch {
			case got.Status == "exit 0" && string(got.Stdout) == string(want.Stdout) && len(got.Stderr) == 0:
			case n == slices.Max(rooms):
				t.Errorf("%.60q with %d: %s", args, limit, got)
			case got.Status != "exit 1" || !wholly(string(want.Stdout), string(got.Stdout), string(got.Stderr)):
				t.Errorf("%.60q with %d: something was lost without a word\n%s", args, limit, got)
			default:
				t.Logf("%.40q with %d: %d of %d lines, %d messages", args, limit,
					strings.Count(string(got.Stdout), "\n"), len(names), strings.Count(string(got.Stderr), "\n"))
			}
		}
	}
}

// wholly reports whether all wanted lines came, in order, except those of files below
// something that could not be opened for lack of a descriptor.
func wholly(want, got, said string) bool {
	var excuses []string
	for line := range strings.Lines(said) {
		about, found := strings.CutSuffix(line, ": "+"Too many open files\n")
		if !found {
			return false
		}
		about = strings.TrimPrefix(about, clitest.Name+": ")
		about = strings.TrimPrefix(about, "cannot open ")
		about = strings.TrimPrefix(about, "cannot change directory to ")
		excuses = append(excuses, strings.Trim(strings.TrimSuffix(about, " for reading"), "'"))
	}
	for line := range strings.Lines(want) {
		if rest, found := strings.CutPrefix(got, line); found {
			got = rest
			continue
		}
		excused := false
		for _, about := range excuses {
			excused = excused || strings.HasPrefix(line[42:], about) || !clitest.Exists(about) || about == "." || about == ".." || strings.HasPrefix(about, "../")
		}
		if !excused {
			return false
		}
	}
	return got == ""
}

// TestTreesWithoutOpenat2 checks that the output is the same if a system call filter
// forbids openat2 or the system lacks it.
func TestTreesWithoutOpenat2(t *testing.T) {
	clitest.NeedOwn(t)
	program := clitest.NeedProgram(t, "strace")
	dir := t.TempDir()
	for i := range 100 {
		clitest.Write(t, dir, fmt.Sprintf("d%d/%d", i%10, i), strconv.Itoa(i))
	}
	if err := os.Symlink("d1", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	want := clitest.Ours.Output(t, []string{"-r"}, clitest.Settings{Dir: dir})
	for _, fault := range []string{"ENOSYS", "EPERM"} {
		for _, way := range []string{"--io=auto", "--io=read"} {
			got := clitest.Ours.Output(t, []string{"-r", way}, clitest.Settings{
				Dir:   dir,
				Under: []string{program, "-f", "-qq", "-o", dir + "/../trace", "-e", "trace=openat2", "-e", "inject=openat2:error=" + fault},
			})
			if got.Status != "exit 0" || len(got.Stderr) > 0 {
				t.Errorf("%s: %s", fault, got)
			}
			clitest.WantText(t, string(got.Stdout), string(want.Stdout))
		}
	}
}
