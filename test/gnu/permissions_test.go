//go:build unix

package gnu_test

import (
	"os"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

// TestPermissions checks files that a user can't read or reach.
func TestPermissions(t *testing.T) {
	clitest.NeedGNU(t)
	dir := clitest.PublicDir(t)
	s := clitest.Unprivileged(t, dir)
	clitest.Write(t, dir, "open", "open")
	for name, mode := range map[string]os.FileMode{"secret": 0, "write-only": 0o222, "execute-only": 0o111} {
		clitest.Write(t, dir, name, name)
		clitest.Chmod(t, dir+"/"+name, mode)
	}
	for name, mode := range map[string]os.FileMode{"no search": 0o444, "no list": 0o111, "locked": 0} {
		clitest.Write(t, dir, name+"/inside", "inside")
		clitest.Chmod(t, dir+"/"+name+"/inside", 0o644)
		clitest.Chmod(t, dir+"/"+name, mode)
		t.Cleanup(func() { os.Chmod(dir+"/"+name, 0o755) })
	}
	clitest.MakeFIFO(t, dir+"/secret fifo")
	clitest.Chmod(t, dir+"/secret fifo", 0)
	clitest.Write(t, dir, "secret manifest", clitest.LineOf("open", "open"))
	clitest.Chmod(t, dir+"/secret manifest", 0)
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
		manifest += clitest.LineOf("open", name)
	}
	clitest.Write(t, dir, "manifest", manifest)
	for _, args := range [][]string{
		names, {"-c", "manifest"}, {"-c", "--ignore-missing", "manifest"}, {"-c", "--status", "manifest"}, {"-c", "--quiet", "manifest"},
		{"-c", "secret manifest"}, {"-c", "secret manifest", "locked/manifest", "manifest"}, {"--tag", "locked/inside"},
	} {
		tr := &clitest.Trial{Dir: dir, Args: args, As: s.As, Stdin: clitest.InputNull, Stdout: clitest.OutputPipe, Stderr: clitest.OutputShared}
		if difference := tr.Differs(t); difference != "" {
			t.Errorf("%s\n%s", tr, difference)
		}
	}
}
