package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// repository returns a repository with two commits, tagged good and bad. The
// scripts/build of the first builds a psha1sum that prints its name and checks that it
// has its own worktree; that of the second fails.
func repository(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		args = append([]string{"-C", dir, "-c", "user.name=test", "-c", "user.email=test", "-c", "commit.gpgSign=false", "-c", "tag.gpgSign=false"}, args...)
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v: %s", args, err, out)
		}
	}
	git("init", "--quiet")
	if err := os.Mkdir(filepath.Join(dir, "scripts"), 0o777); err != nil {
		t.Fatal(err)
	}
	for tag, script := range map[string]string{
		"good": `top=$(dirname "$0")/..; test -e "$top/.git" && echo "echo built from a commit" >"$1" && touch "$top/left"`,
		"bad":  "echo oh no >&2; exit 3",
	} {
		script := "#!/bin/sh\n" + script + "\n"
		if err := os.WriteFile(filepath.Join(dir, "scripts", "build"), []byte(script), 0o777); err != nil {
			t.Fatal(err)
		}
		git("add", ".")
		git("commit", "--quiet", "--message", tag)
		git("tag", "--no-sign", tag)
	}
	return dir
}

// worktrees lists the worktrees of the repository.
func worktrees(t *testing.T, repo string) string {
	t.Helper()
	out, err := exec.Command("git", "-C", repo, "worktree", "list", "--porcelain").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func TestFindEarlier(t *testing.T) {
	repo := repository(t)
	before := worktrees(t, repo)
	ready := filepath.Join(t.TempDir(), "psha1sum-before")
	if err := os.WriteFile(ready, []byte("echo ready\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		repo   string
		want   string // of the program
		origin string
		err    string
	}{
		{"good", repo, "echo built from a commit\n", "good, commit ", ""},
		{ready, "/nonexistent", "echo ready\n", ready, ""},
		{"bad", repo, "", "", "-old bad: its scripts/build: exit status 3: oh no"},
		{"none", repo, "", "", "-old none: no such file, and no such commit in " + repo},
		{"--help", repo, "", "", "no such commit"},
		{"good", t.TempDir(), "", "", "not a git repository"},
		{t.TempDir(), repo, "", "", "no such file"},
	}
	for _, tt := range tests {
		t.Run(filepath.Base(tt.name), func(t *testing.T) {
			dir := t.TempDir()
			got, err := findEarlier(tt.name, tt.repo, dir, t.Output())
			if left, _ := filepath.Glob(filepath.Join(dir, "worktree-*")); left != nil {
				t.Errorf("left behind: %q", left)
			}
			if now := worktrees(t, repo); now != before {
				t.Errorf("git's worktrees are now\n%s\nthey were\n%s", now, before)
			}
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error is %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			program, err := os.ReadFile(got.program)
			if err != nil || string(program) != tt.want || !strings.HasPrefix(got.origin, tt.origin) {
				t.Errorf("the program is %q of %q, error %v; want %q of %q", program, got.origin, err, tt.want, tt.origin)
			}
			if filepath.Base(got.program) != ours.name {
				t.Errorf("it is called %s: psha1sum may go by its name", got.program)
			}
		})
	}
}

func TestFindEarlierWithoutGit(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := findEarlier("HEAD", t.TempDir(), t.TempDir(), t.Output())
	if err == nil || !strings.Contains(err.Error(), "git is not installed") {
		t.Errorf("error is %v, want one about git", err)
	}
}

// TestCopyProgram copies a program larger than a piece over one that is running.
func TestCopyProgram(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "bin", "to")
	for _, size := range []int{3*pieceBytes + 1, pieceBytes, 0} {
		program := bytes.Repeat([]byte("psha1sum"), size/8+1)[:size]
		if err := os.WriteFile(from, program, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := copyProgram(from, to); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(to)
		if err != nil || !bytes.Equal(got, program) {
			t.Errorf("the copy has %d bytes, error %v; want the same %d", len(got), err, size)
		}
		if info, err := os.Stat(to); err != nil || info.Mode()&0o100 == 0 {
			t.Errorf("the copy is no program: %v, %v", info.Mode(), err)
		}
	}
	if err := copyProgram(filepath.Join(dir, "none"), to); err == nil {
		t.Error("no error where there is no program")
	}
}
