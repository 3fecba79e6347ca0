package cache_test

import (
	"os"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

// TestCacheIndexCutOff truncates the index of a cache in use. The run continues, and so
// does the next one.
func TestCacheIndexCutOff(t *testing.T) {
	t.Parallel()
	dir, tree, cache := filled(t)
	clitest.MakeFIFO(t, dir+"/fifo")
	s := clitest.Ours.Session(t, []string{"--cache", cache, "a", dir + "/fifo", "b", "d/c"}, clitest.Settings{Dir: tree})
	w := clitest.OpenWriter(t, dir+"/fifo")
	truncate(t, cache+"-shm", 0)
	clitest.Finish(t, w, "fed")
	s.Stdin.Close()
	s.Stdout.Want(clitest.LineOf(agedFiles["a"], "a"), clitest.LineOf("fed", dir+"/fifo"), clitest.LineOf(agedFiles["b"], "b"), clitest.LineOf(agedFiles["d/c"], "d/c"))
	if said := s.Stderr.Rest(); said != "" && said != "sha1sum: "+cache+": went on without the cache: another process has cut off its file -shm\n" {
		t.Errorf("%q", said)
	}
	if status := s.End(); status != "exit 0" {
		t.Error(status)
	}
	wantCached(t, tree, cache, agedNames, 0, "-r")
}

// TestCacheIsOperand checks that the cache's own files are never read, and that skipping
// them is reported: naming one is a mistake.
func TestCacheIsOperand(t *testing.T) {
	t.Parallel()
	dir, tree, cache := filled(t)
	copyOf(t, cache, tree+"/k")
	if err := os.Symlink("k", tree+"/link"); err != nil {
		t.Fatal(err)
	}
	clitest.Write(t, dir, "list", "k\x00a\x00link\x00")
	clitest.Write(t, dir, "manifest", clitest.EmptyDigest+"  k\n"+clitest.LineOf(agedFiles["a"], "a"))
	const skipped = ": cache file skipped\n"
	one := clitest.LineOf(agedFiles["a"], "a")
	for _, test := range []struct {
		args           []string
		stdout, stderr string
		status         string
	}{
		{[]string{"k", "a"}, one, "sha1sum: k" + skipped, "exit 1"},
		{[]string{"k-shm", "a", "./k"}, one, "sha1sum: k-shm" + skipped + "sha1sum: ./k" + skipped, "exit 1"},
		{[]string{"link", "a"}, one, "sha1sum: link" + skipped, "exit 1"},
		{[]string{"--files0-from=../list"}, one, "sha1sum: k" + skipped + "sha1sum: link" + skipped, "exit 1"},
		{[]string{"-r", "k", "a"}, one, "sha1sum: k" + skipped, "exit 1"},
		{[]string{"--status", "-c", "../manifest"}, "", "sha1sum: k" + skipped, "exit 1"},
	} {
		got := clitest.Ours.Output(t, append([]string{"--cache", "k"}, test.args...), clitest.Settings{Dir: tree})
		if got.Status != test.status || string(got.Stdout) != test.stdout || string(got.Stderr) != test.stderr {
			t.Errorf("%q: want %s\n%s%s, got\n%s", test.args, test.status, test.stdout, test.stderr, got)
		}
	}
	got := clitest.Ours.Output(t, []string{"--cache", "k", "-r"}, clitest.Settings{Dir: tree})
	if got.Status != "exit 0" || strings.Contains(string(got.Stdout), "  ./k") || !strings.HasPrefix(string(got.Stderr), "sha1sum: ./k: cache file skipped\n") {
		t.Errorf("%s", got)
	}
	for line := range strings.Lines(string(got.Stderr)) {
		if !strings.HasSuffix(line, ": cache file skipped\n") {
			t.Errorf("%q", line)
		}
	}
	clitest.WantText(t, string(got.Stdout), string(clitest.Ours.Output(t, []string{"-r", "--exclude=k"}, clitest.Settings{Dir: tree}).Stdout))
}
