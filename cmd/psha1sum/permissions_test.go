//go:build unix

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// nobody is the unprivileged user that root runs tools as, to be refused
// things.
var nobody = &syscall.Credential{Uid: 65534, Gid: 65534}

// nobodyRuns tells whether that user can: not if the directory for temporary files
// is a private one.
var nobodyRuns = sync.OnceValue(func() bool {
	for _, tool := range []*tool{ours, gnu} {
		command := exec.Command(tool.path(), "--version")
		command.Dir = tool.dir
		command.SysProcAttr = &syscall.SysProcAttr{Credential: nobody}
		if command.Run() != nil {
			return false
		}
	}
	return true
})

// unprivileged are settings for a tool that runs in a directory and may not do
// everything there: for root another user runs it.
func unprivileged(t *testing.T, dir string) settings {
	t.Helper()
	s := settings{dir: dir}
	if os.Geteuid() == 0 {
		if !nobodyRuns() {
			lacks(t, "another user can't reach the tools in %s", filepath.Dir(ours.dir))
		}
		s.as = nobody
	}
	return s
}

// TestPermissions has files that a user may not read, or not reach.
func TestPermissions(t *testing.T) {
	needGNU(t)
	dir := publicDir(t)
	s := unprivileged(t, dir)
	write(t, dir, "open", "open")
	for name, mode := range map[string]os.FileMode{"secret": 0, "write-only": 0o222, "execute-only": 0o111} {
		write(t, dir, name, name)
		chmod(t, dir+"/"+name, mode)
	}
	for name, mode := range map[string]os.FileMode{"no search": 0o444, "no list": 0o111, "locked": 0} {
		write(t, dir, name+"/inside", "inside")
		chmod(t, dir+"/"+name+"/inside", 0o644)
		chmod(t, dir+"/"+name, mode)
		t.Cleanup(func() { os.Chmod(dir+"/"+name, 0o755) })
	}
	mkfifo(t, dir+"/secret fifo")
	chmod(t, dir+"/secret fifo", 0)
	write(t, dir, "secret manifest", lineOf("open", "open"))
	chmod(t, dir+"/secret manifest", 0)
	if err := os.Symlink("secret", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	names := []string{
		"open", "secret", "write-only", "execute-only", "no search", "no search/inside", "no search/missing",
		"no list", "no list/inside", "no list/missing", "locked", "locked/inside", "locked/missing", "secret fifo", "link", "open",
		"/proc/1/mem", "/proc/1/environ",
	}
	var manifest string
	for _, name := range names {
		manifest += lineOf("open", name)
	}
	write(t, dir, "manifest", manifest)
	for _, args := range [][]string{
		names, {"-c", "manifest"}, {"-c", "--ignore-missing", "manifest"}, {"-c", "--status", "manifest"}, {"-c", "--quiet", "manifest"},
		{"-c", "secret manifest"}, {"-c", "secret manifest", "locked/manifest", "manifest"}, {"--tag", "locked/inside"},
	} {
		tr := &trial{dir: dir, args: args, as: s.as, stdin: inputNull, stdout: outputPipe, stderr: outputShared}
		if difference := tr.differs(t); difference != "" {
			t.Errorf("%s\n%s", tr, difference)
		}
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}
