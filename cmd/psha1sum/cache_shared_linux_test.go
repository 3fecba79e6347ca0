package main_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestCacheTwoAtOnce has processes hash one tree with one cache, which isn't there
// yet, at once.
func TestCacheTwoAtOnce(t *testing.T) {
	t.Parallel()
	const files, processes = 2000, 3
	_, tree, cache := manyAged(t, files)
	waitAged()
	want := string(ours.output(t, []string{"-r"}, settings{dir: tree}).stdout)
	rounds := 5
	if testing.Short() || raceEnabled {
		rounds = 2
	}
	for range rounds {
		var all []*session
		for range processes {
			all = append(all, ours.session(t, []string{"-r", "--cache", cache}, settings{dir: tree}))
		}
		for _, s := range all {
			s.wantEnd("exit 0", want, "")
		}
		wantCached(t, tree, cache, files, 0, "-r")
		remove(t, cache)
	}
}

// TestCacheHeld has another process in the middle of a commit. Whoever reads doesn't
// wait for it, and who has something to store waits behind the work, not before.
func TestCacheHeld(t *testing.T) {
	t.Parallel()
	_, tree, cache := filled(t)
	conn := database(t, cache)
	defer conn.Close()
	execute(t, conn, `PRAGMA journal_mode=WAL; BEGIN IMMEDIATE; DELETE FROM digests`)
	wantCached(t, tree, cache, agedNames, 0, "-r")
	args := []string{"--debug", "--cache", cache, "-a", "sha256", "a", "b"}
	want := string(ours.output(t, []string{"-a", "sha256", "a", "b"}, settings{dir: tree}).stdout)
	s := ours.session(t, args, settings{dir: tree})
	for line := range strings.Lines(want) {
		s.stdout.want(line)
	}
	s.settle()
	execute(t, conn, `ROLLBACK`)
	s.stdin.Close()
	if said := s.stderr.rest(); !strings.Contains(said, "cache: 0 digests found, 2 stored\n") {
		t.Errorf("%q", said)
	}
	if status := s.end(); status != "exit 0" {
		t.Error(status)
	}
	wantCached(t, tree, cache, 2, 0, "-a", "sha256", "a", "b")
	if !*largeFlag {
		return // for ten seconds
	}
	execute(t, conn, `BEGIN IMMEDIATE`)
	got := ours.output(t, []string{"--cache", cache, "-a", "md5", "a", "b"}, settings{dir: tree})
	plain := ours.output(t, []string{"-a", "md5", "a", "b"}, settings{dir: tree})
	said := fmt.Sprintf("sha1sum: %s: went on without the cache: another process holds it\n", cache)
	if got.status != "exit 0" || string(got.stdout) != string(plain.stdout) || string(got.stderr) != said {
		t.Errorf("%s", got)
	}
	execute(t, conn, `ROLLBACK`)
}

// TestCacheRemovedMeanwhile: a cache that is removed while it is in use is no harm to
// anybody.
func TestCacheRemovedMeanwhile(t *testing.T) {
	t.Parallel()
	dir, tree, cache := filled(t)
	mkfifo(t, dir+"/fifo")
	s := ours.session(t, []string{"--cache", cache, "a", dir + "/fifo", "b"}, settings{dir: tree})
	w := openWriter(t, dir+"/fifo")
	if err := os.Remove(cache); err != nil {
		t.Fatal(err)
	}
	cached(t, tree, cache, "-r")
	finish(t, w, "fed")
	s.stdin.Close()
	want := ours.output(t, []string{"a"}, settings{dir: tree})
	s.stdout.want(string(want.stdout), lineOf("fed", dir+"/fifo"), lineOf(agedFiles["b"], "b"))
	s.stderr.rest() // it may say that there is no cache any more
	if status := s.end(); status != "exit 0" {
		t.Error(status)
	}
	wantCached(t, tree, cache, agedNames, 0, "-r")
}
