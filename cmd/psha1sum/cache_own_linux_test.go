package main_test

import (
	"os"
	"strings"
	"testing"
)

// TestCacheIndexCutOff has another process cut off the index of a cache that is in use.
// The work goes on, and so does whoever uses the cache next.
func TestCacheIndexCutOff(t *testing.T) {
	t.Parallel()
	dir, tree, cache := filled(t)
	mkfifo(t, dir+"/fifo")
	s := ours.session(t, []string{"--cache", cache, "a", dir + "/fifo", "b", "d/c"}, settings{dir: tree})
	w := openWriter(t, dir+"/fifo")
	truncate(t, cache+"-shm", 0)
	finish(t, w, "fed")
	s.stdin.Close()
	s.stdout.want(lineOf(agedFiles["a"], "a"), lineOf("fed", dir+"/fifo"), lineOf(agedFiles["b"], "b"), lineOf(agedFiles["d/c"], "d/c"))
	if said := s.stderr.rest(); said != "" && said != "sha1sum: "+cache+": went on without the cache: another process has cut off its file -shm\n" {
		t.Errorf("%q", said)
	}
	if status := s.end(); status != "exit 0" {
		t.Error(status)
	}
	wantCached(t, tree, cache, agedNames, 0, "-r")
}

// TestCacheIsOperand: the cache's own files are never read, and never vanish without a
// word. Who names one has made a mistake.
func TestCacheIsOperand(t *testing.T) {
	t.Parallel()
	dir, tree, cache := filled(t)
	copyOf(t, cache, tree+"/k")
	if err := os.Symlink("k", tree+"/link"); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "list", "k\x00a\x00link\x00")
	write(t, dir, "manifest", emptyDigest+"  k\n"+lineOf(agedFiles["a"], "a"))
	const skipped = ": cache file skipped\n"
	one := lineOf(agedFiles["a"], "a")
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
		got := ours.output(t, append([]string{"--cache", "k"}, test.args...), settings{dir: tree})
		if got.status != test.status || string(got.stdout) != test.stdout || string(got.stderr) != test.stderr {
			t.Errorf("%q: want %s\n%s%s, got\n%s", test.args, test.status, test.stdout, test.stderr, got)
		}
	}
	got := ours.output(t, []string{"--cache", "k", "-r"}, settings{dir: tree})
	if got.status != "exit 0" || strings.Contains(string(got.stdout), "  ./k") || !strings.HasPrefix(string(got.stderr), "sha1sum: ./k: cache file skipped\n") {
		t.Errorf("%s", got)
	}
	for line := range strings.Lines(string(got.stderr)) {
		if !strings.HasSuffix(line, ": cache file skipped\n") {
			t.Errorf("%q", line)
		}
	}
	wantText(t, string(got.stdout), string(ours.output(t, []string{"-r", "--exclude=k"}, settings{dir: tree}).stdout))
}
