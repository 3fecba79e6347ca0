package cache_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// committed returns the number of digests in a cache, which must be intact.
func committed(t testing.TB, path string) (n int) {
	t.Helper()
	if !clitest.Exists(path) {
		return 0
	}
	conn := database(t, path)
	defer conn.Close()
	for _, query := range []struct {
		sql  string
		each func(text string, number int)
	}{
		{`PRAGMA integrity_check`, func(text string, _ int) {
			if text != "ok" {
				t.Errorf("integrity_check: %s", text)
			}
		}},
		{`SELECT '', total(length(entries)-8) / (1+3*8+4+20) FROM digests WHERE algorithm='sha1'`, func(_ string, number int) { n = number }},
	} {
		stmt, _, err := conn.Prepare(query.sql)
		if err != nil {
			t.Fatal(err)
		}
		for stmt.Step() {
			number := 0
			if stmt.ColumnCount() > 1 {
				number = stmt.ColumnInt(1)
			}
			query.each(stmt.ColumnText(0), number)
		}
		if err := stmt.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// changeSome changes some files, in every way, and returns how many.
func changeSome(t testing.TB, rng *rand.Rand, tree string, dirs, each int) int {
	name := func() string { return fmt.Sprintf("%s/%d/%d", tree, rng.IntN(dirs), rng.IntN(each)) }
	const changes = 40
	for range changes {
		a, b := name(), name()
		switch rng.IntN(5) {
		case 0:
			os.WriteFile(a, []byte(fmt.Sprint(rng.Uint64())), 0o644)
		case 1:
			os.Rename(a, b)
		case 2:
			os.Remove(a)
		case 3: // the same size and time
			if st, err := os.Stat(a); err == nil && st.Size() > 0 {
				os.WriteFile(a, []byte(strings.Repeat("x", int(st.Size()))), 0o644)
				os.Chtimes(a, st.ModTime(), st.ModTime())
			}
		case 4:
			os.WriteFile(a+".new", []byte(fmt.Sprint(rng.Uint64())), 0o644)
			os.Rename(a+".new", a)
		}
	}
	return 2 * changes // a rename changes two
}

// TestCacheKilled kills runs at random times, sometimes two at once, while the tree
// changes. Committed digests remain and are right, and a run that finishes finds all of
// them.
func TestCacheKilled(t *testing.T) {
	t.Parallel()
	clitest.NeedFind(t)
	dir := agedTree(t)
	tree, cache := dir+"/many", dir+"/cache"
	dirs, each, series := 20, 200, 3
	switch {
	case *large.Flag:
		dirs, each, series = 1000, 200, 20
	case testing.Short() || clitest.RaceEnabled:
		dirs, each, series = 20, 100, 2
	}
	for i := range dirs {
		for j := range each {
			clitest.Write(t, tree, fmt.Sprintf("%d/%d", i, j), fmt.Sprint(i, j))
		}
	}
	waitAged()
	args := []string{"-r", "--cache", cache}
	begun := time.Now()
	if out, _, stored := withCache(t, tree, cache, "-r"); out.Status != "exit 0" || stored != dirs*each {
		t.Fatalf("%s, %d stored", out.Status, stored)
	}
	took := time.Since(begun)
	rng := rand.New(rand.NewPCG(7, 8))
	for n := range series {
		remove(t, cache)
		known, changed := 0, 0
		for kill := range 5 {
			var wg sync.WaitGroup
			for range 1 + (n+kill)%2 {
				after := time.Duration(rng.Int64N(int64(took + took/4)))
				stdin, null := clitest.Open(t, os.DevNull, os.O_RDONLY), clitest.Open(t, os.DevNull, os.O_WRONLY)
				p := clitest.Ours.Start(t, args, []*os.File{stdin, null, null}, clitest.Settings{Dir: tree})
				stdin.Close()
				null.Close()
				wg.Go(func() {
					time.Sleep(after)
					p.Signal(syscall.SIGKILL)
					if status := p.End(); status != "signal: killed" && status != "exit 0" && status != "exit 1" {
						t.Error(status)
					}
				})
			}
			if kill%2 == 0 {
				changed += changeSome(t, rng, tree, dirs, each)
			}
			wg.Wait()
			is := committed(t, cache)
			t.Logf("series %d, kill %d: %d digests are in the cache", n, kill, is)
			if is < known {
				t.Errorf("%d digests were committed, now there are %d", known, is)
			}
			known = is
			if kill%2 == 1 {
				changed += changeSome(t, rng, tree, dirs, each)
			}
		}
		out, found, _ := withCache(t, tree, cache, "-r")
		if out.Status != "exit 0" || found < known-changed {
			t.Errorf("%s: %d digests were found of %d, of which %d have changed at most", out.Status, found, known, changed)
		}
		clitest.WantText(t, string(out.Stdout), string(clitest.ByFind(t, tree, "-H", "", clitest.GNU.Path(), nil)))
	}
	// The next run removes what a killed process leaves behind, except a file of another
	// name in which it was creating the cache.
	for _, name := range clitest.Entries(t, dir) {
		if strings.HasPrefix(name, "cache-") {
			t.Errorf("%s was left behind", name)
		}
	}
}

// TestCacheGoesOn checks that a run killed halfway has committed its work, and that the
// next run does the rest.
func TestCacheGoesOn(t *testing.T) {
	t.Parallel()
	files := large.Or(3000, 1_000_000)
	dir := agedTree(t)
	tree, cache := dir+"/many", dir+"/cache"
	for i := range files {
		path := fmt.Sprintf("%s/%d/%d", tree, i/1000, i)
		if i%1000 == 0 {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(path, []byte{byte(i), byte(i >> 8), byte(i >> 16)}, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	waitAged()
	want := clitest.Ours.Output(t, []string{"-r"}, clitest.Settings{Dir: tree}).Stdout
	s := clitest.Ours.Session(t, []string{"-r", "--cache", cache}, clitest.Settings{Dir: tree})
	for range files / 2 { // then it waits for whoever reads its output
		s.Stdout.Next()
	}
	deadline := time.Now().Add(clitest.Limit)
	for committed(t, cache) < files/2 {
		if time.Now().After(deadline) {
			t.Fatal("nothing is ever committed")
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.Signal(syscall.SIGKILL)
	if status := s.End(); status != "signal: killed" {
		t.Fatal(status)
	}
	known := committed(t, cache)
	out, found, stored := withCache(t, tree, cache, "-r")
	if found < known || found+stored != files {
		t.Errorf("%d were committed, then %d found and %d stored, of %d", known, found, stored, files)
	}
	clitest.WantText(t, string(out.Stdout), string(want))
	clitest.WantEntries(t, dir, []string{"cache", "many", "tree"})
}
