package main_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
)

// TestNamesWithFewDescriptors quotes names by the locale, which is read from
// files, while files to be hashed want every descriptor there is.
func TestNamesWithFewDescriptors(t *testing.T) {
	t.Parallel()
	needGNU(t)
	needEarlyEntry(t) // under -race the C library's start needs more
	dir := t.TempDir()
	args := []string{"n\xc3\xa9 x"}
	for i, name := range manyFiles(t, dir, 40) {
		args = append(args, name)
		if i%5 == 0 {
			args = append(args, fmt.Sprintf("n\xc3\xa9 %d", i))
		}
	}
	write(t, dir, "manifest", "da39a3ee5e6b4b0d3255bfef95601890afd80709  n\xc3\xa9 x\n")
	for _, limit := range []int{10, 6, 5} {
		for _, args := range [][]string{args, {"-c", "manifest"}} {
			t.Run(fmt.Sprintf("%d, %d arguments", limit, len(args)), func(t *testing.T) {
				s := settings{dir: dir, shell: "ulimit -n " + strconv.Itoa(limit), env: []string{"LC_ALL=C.UTF-8"}}
				if diff := compare(ours.output(t, args, s), gnu.output(t, args, s)); diff != "" {
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
	needGNU(t)
	needFile(t, "/dev/fd")
	needEarlyEntry(t)
	var args []string
	for fd := 3; fd < 12; fd++ {
		args = append(args, fmt.Sprintf("/dev/fd/%d", fd), fmt.Sprintf("/proc/self/fd/%d", fd))
	}
	s := settings{dir: t.TempDir()}
	if diff := compare(ours.output(t, args, s), gnu.output(t, args, s)); diff != "" {
		t.Error(diff)
	}
}

// TestOwnOutput has operands and manifests that are the very file that the
// output goes to: they are read as they are when their turn comes.
func TestOwnOutput(t *testing.T) {
	t.Parallel()
	needGNU(t)
	for _, args := range [][]string{
		{"a", "b", "out", "a", "out", "b"},
		{"missing", "a", "err", "missing", "err"},
		{"-c", "manifest"},
	} {
		t.Run(args[0], func(t *testing.T) {
			var outputs [2][2]string
			for i, tool := range []*tool{gnu, ours} {
				dir := t.TempDir()
				write(t, dir, "a", "a")
				write(t, dir, "b", "b")
				write(t, dir, "manifest", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8  a\n"+
					"da39a3ee5e6b4b0d3255bfef95601890afd80709  out\n86f7e437faa5a7fce15d1ddcb9eaeaea377667b8  a\n")
				out := open(t, dir+"/out", os.O_CREATE|os.O_WRONLY)
				errs := open(t, dir+"/err", os.O_CREATE|os.O_WRONLY)
				tool.start(t, args, []*os.File{nil, out, errs}, settings{dir: dir}).end()
				for j, name := range []string{"out", "err"} {
					text, err := os.ReadFile(dir + "/" + name)
					if err != nil {
						t.Fatal(err)
					}
					outputs[i][j] = string(text)
				}
			}
			wantText(t, outputs[1][0], outputs[0][0])
			wantText(t, outputs[1][1], outputs[0][1])
		})
	}
}
