//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// settles is the age at which digests are cached, with a margin.
const settles = 2300 * time.Millisecond

// A cached is a tree of files with a cache of them.
type cached struct {
	dir, tree, cache string
	names            []string
}

// attackCache changes files of a cache, kills processes that use it, and damages it.
// Afterwards psha1sum with the cache must print what GNU prints.
func attackCache(t *trial) {
	c, err := t.newCached()
	if err != nil {
		t.note("no files for --cache: %v", err)
		return
	}
	t.sleep(settles)
	if !t.fill(c) {
		return
	}
	rounds := []func(*trial, *cached){editMuch, killSome, damageCache, writeSlowly, writeMapped, breakOffLarge}
	t.Shuffle(len(rounds), func(i, j int) { rounds[i], rounds[j] = rounds[j], rounds[i] })
	for _, round := range rounds {
		if t.over() {
			return
		}
		round(t, c)
		t.verifyCached(c)
		if t.over() {
			return
		}
		t.sleep(settles) // so that the next run stores digests
		t.verifyCached(c)
	}
}

// sleep waits, but ends early when the attack is interrupted.
func (t *trial) sleep(d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.ctx.Done():
	}
}

// newCached creates a tree.
func (t *trial) newCached() (*cached, error) {
	c := &cached{dir: t.dir, tree: filepath.Join(t.dir, "tree"), cache: filepath.Join(t.dir, "cache")}
	for _, sub := range []string{"", "d", "d/e"} {
		if err := os.MkdirAll(filepath.Join(c.tree, sub), 0o755); err != nil {
			return nil, err
		}
	}
	for i := range 40 + t.IntN(300) {
		name := fmt.Sprintf("%s%03d", pick(t.Rand, "", "d/", "d/e/"), i)
		size := pick(t.Rand, t.IntN(300), t.IntN(300), t.IntN(20_000), min(randomSize(t.Rand), 1<<20))
		if err := os.WriteFile(filepath.Join(c.tree, name), randomBytes(t.Rand, size), 0o644); err != nil {
			return nil, err
		}
		c.names = append(c.names, name)
	}
	slices.Sort(c.names)
	return c, nil
}

// path returns the path of a random file.
func (c *cached) path(r *rand.Rand) string { return filepath.Join(c.tree, pick(r, c.names...)) }

// command returns a run with the cache over all files.
func (c *cached) command(t *trial) command {
	run := command{dir: c.tree, args: []string{"--cache", c.cache}}
	if t.chance(30) {
		run.args = append(run.args, "-j", fmt.Sprint(1+t.IntN(8)))
	}
	if t.chance(30) {
		run.args = append(run.args, fmt.Sprintf("--io-jobs=%d", 1+t.IntN(30)))
	}
	if t.chance(30) {
		run.args = append(run.args, "-r", ".")
	} else {
		run.args = append(append(run.args, "--"), c.names...)
	}
	return run
}

// fill caches all digests, and reports whether that is possible here.
func (t *trial) fill(c *cached) bool {
	run := c.command(t)
	run.args = append([]string{"--debug"}, run.args...)
	if o := t.run(run); strings.Contains(o.stderr, " 0 stored") {
		t.note("--cache stores nothing in %s (timestamps of its file system are not trusted): use -dir", t.work)
	}
	return t.verifyCached(c)
}

// verifyCached compares the output of psha1sum with the cache, while nothing changes,
// with GNU's.
func (t *trial) verifyCached(c *cached) bool {
	run := c.command(t)
	o := t.run(run)
	if t.ended() {
		return false
	}
	want := t.truth(c)
	t.count("digests", len(want))
	got := digestsByName(o.stdout)
	for _, name := range c.names {
		if got[name] != want[name] {
			t.find("a wrong digest with --cache: %s for %s, want %s\n%s\n%s", got[name], name, want[name], run.words(), o)
			return false
		}
	}
	if o.status != "exit 0" || o.stderr != "" {
		t.find("--cache: wrong status or messages\n%s\n%s", run.words(), o)
		return false
	}
	return true
}

// truth returns GNU's digests.
func (t *trial) truth(c *cached) map[string]string {
	return digestsByName(t.gnu("sha1sum", c.tree, append([]string{"--"}, c.names...)...).stdout)
}

// digestsByName parses lines.
func digestsByName(lines string) map[string]string {
	of := make(map[string]string)
	for line := range strings.Lines(lines) {
		if digest, name, found := strings.Cut(strings.TrimSuffix(line, "\n"), "  "); found {
			of[strings.TrimPrefix(name, "./")] = digest
		}
	}
	return of
}

// edit changes one file, if possible without changing its size or modification time.
func (c *cached) edit(r *rand.Rand) error {
	path := c.path(r)
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	same := randomBytes(r, int(info.Size()))
	switch r.IntN(6) {
	case 0: // in place
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		f.WriteAt(same, 0)
		f.Close()
		return os.Chtimes(path, info.ModTime(), info.ModTime())
	case 1: // truncate and rewrite
		if err := os.WriteFile(path, same, 0o644); err != nil {
			return err
		}
		return os.Chtimes(path, info.ModTime(), info.ModTime())
	case 2: // replace
		if err := os.WriteFile(path+".new", same, 0o644); err != nil {
			return err
		}
		if err := os.Chtimes(path+".new", info.ModTime(), info.ModTime()); err != nil {
			return err
		}
		return os.Rename(path+".new", path)
	case 3: // remove first, so that the inode may be reused
		if err := os.Remove(path); err != nil {
			return err
		}
		if err := os.WriteFile(path, same, 0o644); err != nil {
			return err
		}
		return os.Chtimes(path, info.ModTime(), info.ModTime())
	case 4: // exchange two files
		return unix.Renameat2(unix.AT_FDCWD, path, unix.AT_FDCWD, c.path(r), unix.RENAME_EXCHANGE)
	default:
		return os.WriteFile(path, randomBytes(r, r.IntN(3000)), 0o644)
	}
}

// editMuch changes files during runs.
func editMuch(t *trial, c *cached) {
	var stop atomic.Bool
	edited := make(chan int)
	go func(r *rand.Rand) {
		n := 0
		for ; !stop.Load(); n++ {
			c.edit(r)
			time.Sleep(time.Duration(r.IntN(5000)) * time.Microsecond)
		}
		edited <- n
	}(t.fork())
	for range 3 {
		var all []*process
		for range 1 + t.IntN(3) {
			all = append(all, t.start(c.command(t)))
		}
		for _, p := range all {
			t.count("runs", 1)
			t.sane(p.c, p.wait())
		}
	}
	stop.Store(true)
	n := <-edited
	t.do("%d edits meanwhile", n)
	t.count("edits", n)
}

// killSome kills runs, up to three at once, and sometimes removes the cache between
// them.
func killSome(t *trial, c *cached) {
	for range 4 {
		if t.over() {
			return
		}
		var wait sync.WaitGroup
		for range 1 + t.IntN(3) {
			p, r := t.start(c.command(t)), t.fork()
			wait.Go(func() {
				time.Sleep(time.Duration(r.IntN(60_000)) * time.Microsecond)
				signal := pick(r, syscall.SIGKILL, syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT)
				p.signal(signal)
				t.do("%v for one of them", signal)
				o := p.wait()
				t.count("runs", 1)
				t.count("kills", 1)
				t.sane(p.c, o)
			})
		}
		for range t.IntN(20) {
			c.edit(t.Rand)
		}
		wait.Wait()
		if t.chance(20) {
			t.do("the cache is removed")
			c.remove()
		}
	}
}

func (c *cached) remove() {
	for _, end := range []string{"", "-wal", "-shm", "-journal"} {
		os.Remove(c.cache + end)
	}
}

// damageCache damages the files of a cache, sometimes while it is used. The output must
// still be correct.
func damageCache(t *trial, c *cached) {
	var keep map[string][]byte
	for range 6 {
		if t.over() {
			return
		}
		run := t.start(c.command(t)) // leaves a log behind if it is killed
		if t.chance(60) {
			t.sleep(time.Duration(t.IntN(40_000)) * time.Microsecond)
			run.signal(syscall.SIGKILL)
			run.wait()
		}
		before := make(map[string][]byte)
		for _, end := range []string{"", "-wal", "-shm"} {
			if data, err := os.ReadFile(c.cache + end); err == nil {
				before[end] = data
			}
		}
		at := c.cache + pick(t.Rand, "", "", "-wal", "-wal", "-shm")
		t.do("damage to %s", at)
		damage(t.Rand, at, keep)
		keep = before
		t.count("damages", 1)
		t.sane(run.c, run.wait())
		t.rightOrSilent(c)
		c.remove()
		t.verifyCached(c)
	}
}

// damage changes a file in one of several ways. keep holds earlier contents.
func damage(r *rand.Rand, path string, keep map[string][]byte) {
	data, err := os.ReadFile(path)
	if err != nil {
		os.WriteFile(path, randomBytes(r, r.IntN(10_000)), 0o600)
		return
	}
	switch n := r.IntN(9); {
	case n == 0:
		os.Truncate(path, 0)
	case n == 1 && len(data) > 0:
		os.Truncate(path, r.Int64N(int64(len(data))))
	case n == 2:
		os.Remove(path)
	case n == 3: // restore earlier contents
		for end, old := range keep {
			if path[len(path)-min(4, len(path)):] == end || end == "" && !strings.Contains(filepath.Base(path), "-") {
				writeInPlace(path, 0, old)
			}
		}
	case n == 4:
		writeInPlace(path, int64(len(data)), randomBytes(r, 4096))
	case len(data) > 0:
		for range 1 + r.IntN(8) { // bits, pieces, pages
			at := r.IntN(len(data))
			size := pick(r, 1, 1, 8, 64, 4096)
			writeInPlace(path, int64(at), randomBytes(r, min(size, len(data)-at)))
		}
	}
}

// writeInPlace writes to an existing file.
func writeInPlace(path string, at int64, data []byte) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer f.Close()
	f.WriteAt(data, at)
}

// rightOrSilent runs with a damaged cache: it may fail, but digests that are printed
// must be correct.
func (t *trial) rightOrSilent(c *cached) {
	run := c.command(t)
	o := t.run(run)
	if t.ended() {
		return
	}
	want := t.truth(c)
	for name, digest := range digestsByName(o.stdout) {
		t.count("digests", 1)
		if want[name] != "" && digest != want[name] {
			t.find("a wrong digest with a damaged cache: %s for %s, want %s\n%s\n%s", digest, name, want[name], run.words(), o)
			return
		}
	}
	if o.status == "exit 0" && len(digestsByName(o.stdout)) < len(c.names) {
		t.find("lines are missing with a damaged cache, exit 0\n%s\n%s", run.words(), o)
	}
}
