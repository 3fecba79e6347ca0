package resources_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// TestNamesWithFewDescriptors quotes names by the locale, which is read from
// files, while files to be hashed want every descriptor there is.
func TestNamesWithFewDescriptors(t *testing.T) {
	t.Parallel()
	clitest.NeedGNU(t)
	clitest.NeedEarlyEntry(t) // under -race the C library's start needs more
	dir := t.TempDir()
	args := []string{"n\xc3\xa9 x"}
	for i, name := range clitest.ManyFiles(t, dir, 40) {
		args = append(args, name)
		if i%5 == 0 {
			args = append(args, fmt.Sprintf("n\xc3\xa9 %d", i))
		}
	}
	clitest.Write(t, dir, "manifest", "da39a3ee5e6b4b0d3255bfef95601890afd80709  n\xc3\xa9 x\n")
	limits := []int{clitest.DescriptorLimit(4), clitest.DescriptorLimit(1)}
	if *large.Flag {
		limits = append(limits, 6, 5) // which is enough where the runtime takes none
	}
	for _, limit := range limits {
		for _, args := range [][]string{args, {"-c", "manifest"}} {
			t.Run(fmt.Sprintf("%d, %d arguments", limit, len(args)), func(t *testing.T) {
				s := clitest.Settings{Dir: dir, Shell: "ulimit -n " + strconv.Itoa(limit), Env: []string{"LC_ALL=C.UTF-8"}}
				if diff := clitest.Compare(clitest.Ours.Output(t, args, s), clitest.GNU.Output(t, args, s)); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// TestNoDescriptorOfOurs: what /dev/fd names is the caller's, never a file that
// the program itself has open.
func TestNoDescriptorOfOurs(t *testing.T) {
	t.Parallel()
	clitest.NeedGNU(t)
	clitest.NeedFile(t, "/dev/fd")
	clitest.NeedEarlyEntry(t)
	var args []string
	for fd := 3; fd < 12; fd++ {
		args = append(args, fmt.Sprintf("/dev/fd/%d", fd), fmt.Sprintf("/proc/self/fd/%d", fd))
	}
	s := clitest.Settings{Dir: t.TempDir()}
	if diff := clitest.Compare(clitest.Ours.Output(t, args, s), clitest.GNU.Output(t, args, s)); diff != "" {
		t.Error(diff)
	}
}

// TestLinksToDescriptors has names lead to a descriptor by way of symbolic links. What
// GNU has open itself is its manifest, as the first number that is free; another file of
// ours must never be found there, whichever are open at the time.
func TestLinksToDescriptors(t *testing.T) {
	t.Parallel()
	clitest.NeedGNU(t)
	clitest.NeedFile(t, "/dev/fd")
	clitest.NeedEarlyEntry(t)
	dir := t.TempDir()
	links := []string{"d/3", "d/4", "d/0"}
	link := func(to, name string) {
		if err := os.Symlink(to, dir+"/"+name); err != nil {
			t.Fatal(err)
		}
		links = append(links, name)
	}
	for _, fd := range []string{"0", "3", "4", "5", "6", "9"} {
		link("/dev/fd/"+fd, "l"+fd)
		link("l"+fd, "ll"+fd)
		link("/proc/self/fd/"+fd, "p"+fd)
		links = append(links, "/dev/fd/"+fd)
	}
	link("/dev/stdin", "in")
	link("nowhere", "dangling")
	link("loop", "loop")
	if err := os.Symlink("/dev/fd", dir+"/d"); err != nil {
		t.Fatal(err)
	}
	var sums, few strings.Builder
	var operands []string
	for _, name := range clitest.ManyFiles(t, dir, 60) {
		operands = append(operands, name, links[len(operands)/2%len(links)])
	}
	for _, name := range operands {
		sums.WriteString(clitest.LineOf("any", name))
	}
	few.WriteString(clitest.LineOf("any", "l3") + clitest.LineOf("any", operands[0]) + clitest.LineOf("any", "/dev/fd/3"))
	clitest.Write(t, dir, "many", sums.String())
	clitest.Write(t, dir, "few", few.String())
	for _, args := range [][]string{
		operands, {"-c", "few"}, {"-c", "many"}, {"-c", "many", "few", "gone", "many"}, {"-c", "few", "-", "many"}, {"-c", "l3", "few"},
		{"-c", "few", "d", "few"},
	} {
		for _, redirections := range []string{":", "exec <&-", "exec 3<few", "exec 3<few 4<many <&-", "exec 2>&-"} {
			t.Run(fmt.Sprintf("%.40q %s", args, redirections), func(t *testing.T) {
				t.Parallel()
				s := clitest.Settings{Dir: dir, Shell: redirections}
				want := clitest.GNU.Output(t, args, s)
				for range large.Or(1, 3) {
					got := clitest.Ours.Output(t, args, s)
					if diff := clitest.Compare(got, want); diff != "" {
						t.Fatalf("%s; want\n%sgot\n%s", diff, want.Stderr, got.Stderr)
					}
				}
			})
		}
	}
}

// TestOwnOutput has operands and manifests that are the very file that the
// output goes to: they are read as they are when their turn comes.
func TestOwnOutput(t *testing.T) {
	t.Parallel()
	clitest.NeedGNU(t)
	for _, args := range [][]string{
		{"a", "b", "out", "a", "out", "b"},
		{"missing", "a", "err", "missing", "err"},
		{"-c", "manifest"},
	} {
		t.Run(args[0], func(t *testing.T) {
			var outputs [2][2]string
			for i, tool := range []*clitest.Tool{clitest.GNU, clitest.Ours} {
				dir := t.TempDir()
				clitest.Write(t, dir, "a", "a")
				clitest.Write(t, dir, "b", "b")
				clitest.Write(t, dir, "manifest", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8  a\n"+
					"da39a3ee5e6b4b0d3255bfef95601890afd80709  out\n86f7e437faa5a7fce15d1ddcb9eaeaea377667b8  a\n")
				out := clitest.Open(t, dir+"/out", os.O_CREATE|os.O_WRONLY)
				errs := clitest.Open(t, dir+"/err", os.O_CREATE|os.O_WRONLY)
				tool.Start(t, args, []*os.File{nil, out, errs}, clitest.Settings{Dir: dir}).End()
				for j, name := range []string{"out", "err"} {
					text, err := os.ReadFile(dir + "/" + name)
					if err != nil {
						t.Fatal(err)
					}
					outputs[i][j] = string(text)
				}
			}
			clitest.WantText(t, outputs[1][0], outputs[0][0])
			clitest.WantText(t, outputs[1][1], outputs[0][1])
		})
	}
}
