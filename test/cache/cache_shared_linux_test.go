package cache_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// TestCacheTwoAtOnce hashes one tree in several processes at once with one cache, which
// doesn't exist at first.
func TestCacheTwoAtOnce(t *testing.T) {
	t.Parallel()
	const files, processes = 2000, 3
	_, tree, cache := manyAged(t, files)
	waitAged()
	want := string(clitest.Ours.Output(t, []string{"-r"}, clitest.Settings{Dir: tree}).Stdout)
	rounds := large.Or(3, 5)
	if testing.Short() || clitest.RaceEnabled {
		rounds = 2
	}
	for range rounds {
		var all []*clitest.Session
		for range processes {
			all = append(all, clitest.Ours.Session(t, []string{"-r", "--cache", cache}, clitest.Settings{Dir: tree}))
		}
		for _, s := range all {
			s.WantEnd("exit 0", want, "")
		}
		wantCached(t, tree, cache, files, 0, "-r")
		remove(t, cache)
	}
}

// TestCacheHeld holds a commit open in another process. Readers don't wait for it, and
// writers wait after their work, not before.
func TestCacheHeld(t *testing.T) {
	t.Parallel()
	_, tree, cache := filled(t)
	conn := database(t, cache)
	defer conn.Close()
	execute(t, conn, `PRAGMA journal_mode=WAL; BEGIN IMMEDIATE; DELETE FROM digests`)
	wantCached(t, tree, cache, agedNames, 0, "-r")
	args := []string{"--debug", "--cache", cache, "-a", "sha256", "a", "b"}
	want := string(clitest.Ours.Output(t, []string{"-a", "sha256", "a", "b"}, clitest.Settings{Dir: tree}).Stdout)
	s := clitest.Ours.Session(t, args, clitest.Settings{Dir: tree})
	for line := range strings.Lines(want) {
		s.Stdout.Want(line)
	}
	s.Settle()
	execute(t, conn, `ROLLBACK`)
	s.Stdin.Close()
	if said := s.Stderr.Rest(); !strings.Contains(said, "cache: 0 digests found, 2 stored\n") {
		t.Errorf("%q", said)
	}
	if status := s.End(); status != "exit 0" {
		t.Error(status)
	}
	wantCached(t, tree, cache, 2, 0, "-a", "sha256", "a", "b")
	if !*large.Flag {
		return // for ten seconds
	}
	execute(t, conn, `BEGIN IMMEDIATE`)
	got := clitest.Ours.Output(t, []string{"--cache", cache, "-a", "md5", "a", "b"}, clitest.Settings{Dir: tree})
	plain := clitest.Ours.Output(t, []string{"-a", "md5", "a", "b"}, clitest.Settings{Dir: tree})
	said := fmt.Sprintf("sha1sum: %s: went on without the cache: another process holds it\n", cache)
	if got.Status != "exit 0" || string(got.Stdout) != string(plain.Stdout) || string(got.Stderr) != said {
		t.Errorf("%s", got)
	}
	execute(t, conn, `ROLLBACK`)
}

// TestCacheRemovedMeanwhile checks that removing a cache in use is harmless.
func TestCacheRemovedMeanwhile(t *testing.T) {
	t.Parallel()
	dir, tree, cache := filled(t)
	clitest.MakeFIFO(t, dir+"/fifo")
	s := clitest.Ours.Session(t, []string{"--cache", cache, "a", dir + "/fifo", "b"}, clitest.Settings{Dir: tree})
	w := clitest.OpenWriter(t, dir+"/fifo")
	if err := os.Remove(cache); err != nil {
		t.Fatal(err)
	}
	cached(t, tree, cache, "-r")
	clitest.Finish(t, w, "fed")
	s.Stdin.Close()
	want := clitest.Ours.Output(t, []string{"a"}, clitest.Settings{Dir: tree})
	s.Stdout.Want(string(want.Stdout), clitest.LineOf("fed", dir+"/fifo"), clitest.LineOf(agedFiles["b"], "b"))
	s.Stderr.Rest() // it may say that there is no cache any more
	if status := s.End(); status != "exit 0" {
		t.Error(status)
	}
	wantCached(t, tree, cache, agedNames, 0, "-r")
}
