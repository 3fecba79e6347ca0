package resources_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

// A slowTree is a directory with files that take 300 ms to read, in two reads, by a tool
// that runs under what under returns. To make a thread Go's runtime tries for 200 ms.
type slowTree struct {
	dir   string
	names []string
}

func newSlowTree(t *testing.T, files int) *slowTree {
	tree := &slowTree{dir: clitest.PublicDir(t)}
	for i := range files {
		name := fmt.Sprintf("d%d/f%d", i%7, i)
		clitest.Write(t, tree.dir, name, strings.Repeat("slow", 5_000+100*i))
		tree.names = append(tree.names, name)
	}
	slices.Sort(tree.names)
	return tree
}

// under returns a program that runs another in a shell that did this before.
func (tree *slowTree) under(t *testing.T, before string) []string {
	program := clitest.Strace(t, tree.dir, "read,pread64:delay_enter=150000")
	for _, name := range tree.names {
		program = slices.Insert(program, 1, "-P", filepath.Join(tree.dir, name))
	}
	return slices.Concat([]string{"/bin/sh", "-c", before + ` && exec "$@"`, "sh"}, program)
}

// pidsGroup makes a control group that has so many threads at the most, and returns
// its directory.
func pidsGroup(t *testing.T, most int) string {
	t.Helper()
	if clitest.RaceEnabled {
		clitest.NotMeant(t, "a race detector has threads of its own")
	}
	for _, root := range []string{"/sys/fs/cgroup/pids", "/sys/fs/cgroup"} {
		dir, err := os.MkdirTemp(root, "psha1sum-test-")
		if err != nil {
			continue
		}
		t.Cleanup(func() {
			for end := time.Now().Add(clitest.Limit); os.Remove(dir) != nil; { // the last process may be ending
				if time.Now().After(end) {
					t.Errorf("%s stays", dir)
					return
				}
				time.Sleep(time.Millisecond)
			}
		})
		if os.WriteFile(dir+"/pids.max", []byte(strconv.Itoa(most)), 0) == nil {
			return dir
		}
	}
	clitest.Lacks(t, "no control group can be made in which threads are counted")
	return ""
}

// same has a run where threads are few print what GNU does for all files elsewhere.
func (tree *slowTree) same(t *testing.T, args []string, s clitest.Settings) {
	t.Helper()
	s.Dir = tree.dir
	want, got := clitest.GNU.Output(t, tree.names, clitest.Settings{Dir: tree.dir}), clitest.Ours.Output(t, args, s)
	if difference := clitest.Compare(got, want); difference != "" {
		t.Errorf("%q: %s differ\nwant\n%sgot\n%s", args, difference, want, got)
	}
}

// TestFewThreads has files on slow storage read where a control group gives few
// threads: as many readers as there are files would each take one. The least is more
// than Go's runtime needs.
func TestFewThreads(t *testing.T) {
	t.Parallel()
	clitest.NeedGNU(t)
	for _, test := range []struct {
		most, files int
		args        []string
	}{
		{12, 16, []string{"-j1"}}, {12, 16, []string{"-j16", "-r"}}, {20, 24, []string{"-j2", "-r"}}, {32, 40, []string{"-j16"}},
		{100, 120, []string{"-j16"}}, {140, 10, []string{"-j8", "-r"}},
	} {
		t.Run(fmt.Sprint(test.most, test.args), func(t *testing.T) {
			t.Parallel()
			tree := newSlowTree(t, test.files)
			s := clitest.Settings{Under: tree.under(t, "echo $$ >"+pidsGroup(t, test.most)+"/cgroup.procs")}
			names := tree.names
			if slices.Contains(test.args, "-r") {
				names = tree.directories()
			}
			tree.same(t, slices.Concat(test.args, names), s)
		})
	}
}

// TestFewThreadsOfUser does that with the limit of a user, who has no others.
func TestFewThreadsOfUser(t *testing.T) {
	t.Parallel()
	clitest.NeedGNU(t)
	if os.Geteuid() != 0 {
		clitest.Lacks(t, "only root can be a user who has no processes")
	}
	if clitest.RaceEnabled {
		clitest.NotMeant(t, "a race detector has threads of its own")
	}
	for i, most := range []int{12, 20} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			t.Parallel()
			tree := newSlowTree(t, most+4)
			s := clitest.Unprivileged(t, tree.dir)
			id := uint32(1<<30 + 8*os.Getpid() + i)
			s.As = &syscall.Credential{Uid: id, Gid: id}
			s.Under = tree.under(t, fmt.Sprintf("{ ulimit -u %d 2>/dev/null || ulimit -p %[1]d; }", most))
			tree.same(t, append([]string{"-j2"}, tree.names...), s)
		})
	}
}

// directories returns the names of the tree's, so that what is below them comes in
// the order of the names.
func (tree *slowTree) directories() (names []string) {
	for _, name := range tree.names {
		names = append(names, filepath.Dir(name))
	}
	return slices.Compact(names)
}
