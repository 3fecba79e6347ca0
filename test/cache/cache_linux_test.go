package cache_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// A file is stored only if its last change was a while ago. Therefore the trees that
// these tests change are created many at a time and age together. Renaming a directory
// doesn't change the files in it.
var agedTrees struct {
	sync.Mutex
	made int
	left []string
}

const (
	agedAtOnce = 50
	// agedAfter is the age from which a file is stored, plus a margin for file system
	// clocks, which tick a few hundred times per second.
	agedAfter = 2*time.Second + 50*time.Millisecond
)

// takeAged returns an aged tree for the caller's exclusive use, below the directory of
// the tools.
func takeAged() (string, error) {
	agedTrees.Lock()
	defer agedTrees.Unlock()
	if len(agedTrees.left) == 0 {
		pool := filepath.Join(filepath.Dir(clitest.Ours.Dir), "aged")
		for range agedAtOnce {
			top := filepath.Join(pool, strconv.Itoa(agedTrees.made))
			if err := makeAged(top); err != nil {
				return "", err
			}
			agedTrees.made++
			agedTrees.left = append(agedTrees.left, top)
		}
		waitAged()
	}
	last := len(agedTrees.left) - 1
	top := agedTrees.left[last]
	agedTrees.left = agedTrees.left[:last]
	return top, nil
}

// makeAged creates a tree that has not aged yet.
func makeAged(top string) error {
	for name, content := range agedFiles {
		path := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return err
		}
	}
	return cmp.Or(os.Link(top+"/a", top+"/d/linked"), os.Symlink("d/c", top+"/symlink"))
}

// waitAged waits until existing files are old enough.
func waitAged() { time.Sleep(agedAfter) }

// agedFiles are the files of an aged tree. There is another name for a, and a link to
// d/c.
var agedFiles = map[string]string{
	"a": "one", "b": strings.Repeat("two", 1000), "d/c": "three", "d/deep/e": strings.Repeat("four", 80_000),
	"d/empty": "", "f\n\\": "five",
}

const (
	agedInodes = 5 // that are remembered
	agedNames  = 6 // of them
)

// needStamps skips a test if the file system of temporary files has no trusted
// timestamps.
func needStamps(t testing.TB) {
	t.Helper()
	clitest.NeedOwn(t)
	switch ok, err := clitest.BelievesTimes(filepath.Dir(clitest.Ours.Dir)); {
	case err != nil:
		t.Fatal(err)
	case !ok:
		clitest.Lacks(t, "the file system of %s keeps no times that are believed", clitest.Ours.Dir)
	}
}

// agedTree returns a directory with an aged tree in "tree", which the test may change.
func agedTree(t testing.TB) (dir string) {
	t.Helper()
	needStamps(t)
	tree, err := takeAged()
	if err != nil {
		t.Fatal(err)
	}
	// Not t.TempDir, which may be on another file system.
	dir, err = os.MkdirTemp(filepath.Dir(clitest.Ours.Dir), "cache-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Rename(tree, dir+"/tree"); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What --debug says.
var (
	cacheLine   = regexp.MustCompile(`(?m)^\w+: cache: (\d+) digests? found, (\d+) stored(?:, (\d+) files? continued at (\d+) %)?\n`)
	restOfDebug = regexp.MustCompile(`(?m)^\w+: (read with|hashed with): .*\n`)
)

// cached runs psha1sum with a cache and returns the numbers of digests found and stored.
// The output must be the same as without a cache.
func cached(t testing.TB, dir, cache string, args ...string) (found, stored int) {
	t.Helper()
	want := clitest.Ours.Output(t, args, clitest.Settings{Dir: dir})
	got, found, stored := withCache(t, dir, cache, args...)
	if got.Status != want.Status || string(got.Stdout) != string(want.Stdout) || string(got.Stderr) != string(want.Stderr) {
		t.Errorf("%q:\nwith a cache (%d found, %d stored)\n%swithout\n%s", args, found, stored, got, want)
	}
	return found, stored
}

// withCache is cached without comparing the output.
func withCache(t testing.TB, dir, cache string, args ...string) (out clitest.Outcome, found, stored int) {
	t.Helper()
	out = clitest.Ours.Output(t, append([]string{"--debug", "--cache=" + cache}, args...), clitest.Settings{Dir: dir})
	if match := cacheLine.FindSubmatch(out.Stderr); match != nil {
		found, _ = strconv.Atoi(string(match[1]))
		stored, _ = strconv.Atoi(string(match[2]))
		out.Stderr = restOfDebug.ReplaceAll(cacheLine.ReplaceAll(out.Stderr, nil), nil)
	} else {
		t.Errorf("%q: it isn't said what the cache was good for\n%s", args, out)
	}
	return out, found, stored
}

// wantCached is cached with the expected numbers.
func wantCached(t testing.TB, dir, cache string, found, stored int, args ...string) {
	t.Helper()
	if f, s := cached(t, dir, cache, args...); f != found || s != stored {
		t.Errorf("%q: %d found, %d stored, want %d, %d", args, f, s, found, stored)
	}
}

// fill is cached with an empty cache. The second link to a file may already find the
// digest of the first.
func fill(t testing.TB, dir, cache string, inodes int, args ...string) {
	t.Helper()
	if found, stored := cached(t, dir, cache, args...); found > 1 || stored < inodes {
		t.Errorf("%q: %d found, %d stored, want %d stored", args, found, stored, inodes)
	}
}

// young is how long after its last change a file is not stored.
const young = 2 * time.Second

// wantYoung is wantCached soon after a change, when nothing may be stored. It returns
// false if the machine is so slow that the change may have become old.
func wantYoung(t testing.TB, changed time.Time, dir, cache string, found int, args ...string) bool {
	t.Helper()
	f, s := cached(t, dir, cache, args...)
	if time.Since(changed) >= young {
		t.Log("this took so long that what has changed may have been stored")
		return false
	}
	if f != found || s != 0 {
		t.Errorf("%q: %d found, %d stored, want %d, 0", args, f, s, found)
	}
	return true
}

// filled returns an aged tree and a cache with its digests.
func filled(t testing.TB) (dir, tree, cache string) {
	t.Helper()
	dir = agedTree(t)
	tree, cache = dir+"/tree", dir+"/cache"
	if _, _, stored := withCache(t, tree, cache, "-r"); stored < agedInodes {
		t.Fatalf("%d digests were stored, want %d", stored, agedInodes)
	}
	return dir, tree, cache
}

// TestCacheFinds checks that a second run finds what the first one stored, for every way
// to name files and print digests.
func TestCacheFinds(t *testing.T) {
	t.Parallel()
	dir := agedTree(t)
	tree := dir + "/tree"
	names := []string{"a", "b", "d/c", "d/deep/e", "d/empty", "d/linked", "f\n\\"}
	clitest.Write(t, dir, "list", strings.Join(names, "\x00"))
	clitest.Write(t, dir, "manifest", string(clitest.Ours.Output(t, []string{"-r"}, clitest.Settings{Dir: tree}).Stdout))
	clitest.Write(t, dir, "other", clitest.EmptyDigest+"  d/c\n"+clitest.EmptyDigest+"  missing\nodd\n")
	for i, test := range []struct {
		args   []string
		each   int // digests of a file
		reads  bool
		inodes int
		names  int
	}{
		{args: names},
		{args: append([]string{"missing", "d", "/dev/null"}, names...)},
		{args: append(slices.Clone(names), names...), names: 2 * agedNames},
		{args: []string{"symlink", "d/c"}, inodes: 1, names: 2},
		{args: []string{"-r"}},
		{args: []string{"-r", "d", "a"}, inodes: 3, names: 4},
		{args: []string{"-rL"}, names: agedNames + 1},
		{args: []string{"-r", "-C", "../tree/d"}, inodes: 3, names: 3},
		{args: []string{"--files0-from=../list"}},
		{args: []string{"-C", "../tree", "--files0-from", dir + "/list"}},
		{args: []string{"--io=read", "-r", "-j1"}},
		{args: []string{"--io-jobs=1", "-r", "--drop-cache"}},
		{args: []string{"-r", "--tag"}},
		{args: []string{"-rz"}},
		{args: []string{"-rb"}},
		{args: []string{"-r", "--json"}},
		{args: []string{"-r", "-a", "sha1,blake2b"}, each: 2},
		{args: []string{"-r", "-a", "md5,sha256,blake3"}, each: 3},
		{args: []string{"-r", "-a", "blake2b"}},
		{args: []string{"-r", "-a", "blake2b", "-l", "160"}},
		{args: []string{"-c", "../manifest"}, reads: true},
		{args: []string{"-c", "../manifest", "../other"}, reads: true},
		{args: []string{"-c", "--json", "../manifest"}, reads: true},
		{args: []string{"-c", "--audit=.", "../manifest"}, reads: true},
		{args: []string{"-c", "--explain", "../manifest", "../other"}, reads: true},
	} {
		inodes, names := cmp.Or(test.inodes, agedInodes), cmp.Or(test.names, cmp.Or(test.inodes, agedNames))
		each := cmp.Or(test.each, 1)
		cache := fmt.Sprintf("%s/cache%d", dir, i)
		if _, stored := cached(t, tree, cache, test.args...); stored < each*inodes || stored > each*names {
			t.Errorf("%q: %d stored, want %d", test.args, stored, each*inodes)
		}
		found, stored := cached(t, tree, cache, test.args...)
		switch {
		case !test.reads && (found != each*names || stored != 0):
			t.Errorf("%q again: %d found, %d stored, want %d, 0", test.args, found, stored, each*names)
		case test.reads && found != 0:
			t.Errorf("%q again: %d found, want nothing to be asked for", test.args, found)
		}
		// Another way to the same files finds the same.
		if each == 1 && names == agedNames && !strings.Contains(strings.Join(test.args, " "), "blake2b") {
			wantCached(t, tree, cache, agedNames, 0, "-r")
		}
		if got := clitest.Entries(t, dir); slices.Contains(got, filepath.Base(cache)+"-wal") || slices.Contains(got, filepath.Base(cache)+"-shm") {
			t.Errorf("%q: left behind are %q", test.args, got)
		}
	}
}

// TestCacheSizes: digests of different sizes and algorithms are different ones.
func TestCacheSizes(t *testing.T) {
	t.Parallel()
	_, tree, cache := filled(t)
	for _, args := range [][]string{
		{"-a", "blake2b"}, {"-a", "blake2b", "-l", "256"}, {"-a", "blake2b", "-l", "8"}, {"-a", "blake2b", "-l", "160"}, {"-a", "sha256"}, {"-a", "blake3"},
	} {
		wantCached(t, tree, cache, 0, 1, append(args, "b")...)
		wantCached(t, tree, cache, 1, 0, append(args, "b")...)
	}
	wantCached(t, tree, cache, 1, 0, "b")
}

// TestCacheOutput: -o writes what it writes without a cache.
func TestCacheOutput(t *testing.T) {
	t.Parallel()
	dir, tree, cache := filled(t)
	want := string(clitest.Ours.Output(t, []string{"-r"}, clitest.Settings{Dir: tree}).Stdout)
	for _, found := range []int{agedNames, agedNames} {
		wantCached(t, tree, cache, found, 0, "-r", "-o", dir+"/SUMS")
		clitest.WantFile(t, dir+"/SUMS", want)
	}
}

// TestCacheIsLeftOut: the cache's own files are not hashed.
func TestCacheIsLeftOut(t *testing.T) {
	t.Parallel()
	tree := agedTree(t) + "/tree"
	want := clitest.Ours.Output(t, []string{"-r"}, clitest.Settings{Dir: tree})
	for range 2 {
		got, _, _ := withCache(t, tree, "cache", "-r")
		clitest.WantText(t, string(got.Stdout), string(want.Stdout))
	}
}

// TestCacheAgainstGNU: with a cache that knows all, lines are those of GNU sha1sum.
func TestCacheAgainstGNU(t *testing.T) {
	t.Parallel()
	clitest.NeedGNU(t)
	_, tree, cache := filled(t)
	names := []string{"a", "missing", "d", "b", "d/c", "d/empty", "f\n\\", "d/deep/e", "symlink"}
	for _, style := range clitest.Styles {
		want := clitest.GNU.Output(t, append([]string{style}, names...), clitest.Settings{Dir: tree})
		got, found, _ := withCache(t, tree, cache, append([]string{style}, names...)...)
		if found != agedInodes+1 || got.Status != want.Status {
			t.Errorf("%s: %d found, %s, want %s", style, found, got.Status, want.Status)
		}
		clitest.WantText(t, string(got.Stdout), string(want.Stdout))
	}
}

// TestCacheAfterChanges changes a tree after its digests were cached.
func TestCacheAfterChanges(t *testing.T) {
	t.Parallel()
	needStamps(t)
	trees := t // the trees are there to the end of it
	var changed []changedTree
	for _, test := range []struct {
		title string
		lost  int // names that are no longer known
		do    func(t *testing.T, tree string)
	}{
		{"nothing", 0, func(*testing.T, string) {}},
		{"directory renamed", 0, func(t *testing.T, tree string) { rename(t, tree+"/d", tree+"/z") }},
		{"directory moved", 0, func(t *testing.T, tree string) { rename(t, tree+"/d/deep", tree+"/a-directory") }},
		{"link removed", 2, func(t *testing.T, tree string) { remove(t, tree+"/a") }},
		{"file renamed", 1, func(t *testing.T, tree string) { rename(t, tree+"/b", tree+"/c") }},
		{"same size and times", 1, func(t *testing.T, tree string) {
			keepingTimes(t, tree+"/b", func() { clitest.Write(t, tree, "b", strings.Repeat("TWO", 1000)) })
		}},
		{"in place", 1, func(t *testing.T, tree string) {
			keepingTimes(t, tree+"/d/deep/e", func() { overwrite(t, tree+"/d/deep/e", 100_000, "FOUR") })
		}},
		{"replaced", 1, func(t *testing.T, tree string) {
			keepingTimes(t, tree+"/b", func() {
				clitest.Write(t, tree, "new", strings.Repeat("TWO", 1000))
				rename(t, tree+"/new", tree+"/b")
			})
		}},
		{"the old one exchanged", 2, func(t *testing.T, tree string) {
			if err := unix.Renameat2(unix.AT_FDCWD, tree+"/b", unix.AT_FDCWD, tree+"/d/c", unix.RENAME_EXCHANGE); err != nil {
				clitest.Lacks(t, "no RENAME_EXCHANGE: %v", err)
			}
		}},
		{"mapped", 1, func(t *testing.T, tree string) {
			keepingTimes(t, tree+"/d/deep/e", func() { writeMapped(t, tree+"/d/deep/e", "mapped") })
		}},
		{"mode", 1, func(t *testing.T, tree string) { clitest.Chmod(t, tree+"/b", 0o600) }},
		{"touched", 1, func(t *testing.T, tree string) {
			now := time.Now()
			if err := os.Chtimes(tree+"/b", now, now); err != nil {
				t.Fatal(err)
			}
		}},
		{"one link written", 2, func(t *testing.T, tree string) { overwrite(t, tree+"/d/linked", 0, "ONE") }},
		{"another link", 1, func(t *testing.T, tree string) {
			if err := os.Link(tree+"/b", tree+"/d/b"); err != nil {
				t.Fatal(err)
			}
		}},
		{"shorter and as long again", 1, func(t *testing.T, tree string) {
			keepingTimes(t, tree+"/b", func() { truncate(t, tree+"/b", 10); truncate(t, tree+"/b", 3000) })
		}},
		{"shorter", 1, func(t *testing.T, tree string) { truncate(t, tree+"/b", 10) }},
		{"longer", 1, func(t *testing.T, tree string) { truncate(t, tree+"/b", 1e6) }},
		{"inode again", 1, func(t *testing.T, tree string) { reuseInode(t, tree+"/b", strings.Repeat("TWO", 1000)) }},
		{"from the future", 1, func(t *testing.T, tree string) {
			later := time.Now().Add(time.Hour)
			if err := os.Chtimes(tree+"/b", later, later); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(test.title, func(t *testing.T) {
			dir, tree, cache := filled(trees)
			begun := time.Now()
			test.do(t, tree)
			for soon, n := true, 0; soon && n < 2; n++ {
				soon = wantYoung(t, begun, tree, cache, agedNames-test.lost, "-r")
			}
			changed = append(changed, changedTree{test.title, dir, test.lost})
		})
	}
	waitAged()
	for _, c := range changed {
		t.Run(c.title+", a while ago", func(t *testing.T) {
			found, stored := cached(t, c.dir+"/tree", c.dir+"/cache", "-r")
			if found < agedNames-c.lost || found+stored < agedNames-1 || c.lost == 0 && stored > 0 {
				t.Errorf("%d found, %d stored, want %d found", found, stored, agedNames-c.lost)
			}
			// Of two names one may be found when the other has been read.
			if c.lost > 0 && c.title != "link removed" && stored == 0 {
				t.Error("what has changed was not read")
			}
			if found, stored = cached(t, c.dir+"/tree", c.dir+"/cache", "-r"); found < agedNames-1 || stored != 0 {
				t.Errorf("again: %d found, %d stored", found, stored)
			}
		})
	}
}

// A changedTree is a tree that was changed after a cache was filled.
type changedTree struct {
	title, dir string
	lost       int
}

func rename(t testing.TB, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func remove(t testing.TB, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func truncate(t testing.TB, path string, size int64) {
	t.Helper()
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}

// overwrite writes to a file in place.
func overwrite(t testing.TB, path string, at int64, content string) {
	t.Helper()
	f := clitest.Open(t, path, os.O_WRONLY)
	defer f.Close()
	if _, err := f.WriteAt([]byte(content), at); err != nil {
		t.Fatal(err)
	}
}

// keepingTimes makes a change and restores the timestamps with touch -r.
func keepingTimes(t testing.TB, path string, change func()) {
	t.Helper()
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	change()
	if err := os.Chtimes(path, before.ModTime(), before.ModTime()); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(path); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Fatalf("%v, %v, want the time of %v", after, err, before)
	}
}

// writeMapped writes to a file through a mapping.
func writeMapped(t testing.TB, path, content string) {
	t.Helper()
	f := clitest.Open(t, path, os.O_RDWR)
	defer f.Close()
	memory, err := unix.Mmap(int(f.Fd()), 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	copy(memory, content)
	if err := unix.Msync(memory, unix.MS_SYNC); err != nil {
		t.Fatal(err)
	}
	if err := unix.Munmap(memory); err != nil {
		t.Fatal(err)
	}
}

// reuseInode removes a file and creates others until one has the same inode number, size
// and time.
func reuseInode(t *testing.T, path, content string) {
	t.Helper()
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	was := reader.Stat(path).ID
	remove(t, path)
	// ext4 gives the number of a file that was removed within the last seconds again only
	// when its group has no other left, of which it has 8,192 usually.
	const most = 20_000
	for i := range most {
		other := path + strconv.Itoa(i)
		clitest.Write(t, filepath.Dir(path), filepath.Base(other), "")
		if reader.Stat(other).ID == was {
			rename(t, other, path)
			break
		}
		defer remove(t, other)
	}
	if !clitest.Exists(path) {
		clitest.NotMeant(t, "this file system doesn't use inodes again soon")
	}
	clitest.Write(t, filepath.Dir(path), filepath.Base(path), content)
	if err := os.Chtimes(path, before.ModTime(), before.ModTime()); err != nil {
		t.Fatal(err)
	}
}

// TestCacheMappedWrites checks that a mapped file is not stored, and that an earlier
// digest is discarded when a process writes to a page of it.
func TestCacheMappedWrites(t *testing.T) {
	t.Parallel()
	dir := agedTree(t)
	tree, cache := dir+"/tree", dir+"/cache"
	path := tree + "/d/deep/e"
	var system unix.Statfs_t
	if err := unix.Statfs(path, &system); err != nil || system.Type == unix.TMPFS_MAGIC {
		clitest.NotMeant(t, "a tmpfs doesn't see what is written to memory")
	}
	f := clitest.Open(t, path, os.O_RDWR)
	fill(t, tree, cache, agedInodes-1, "-r") // it is open for writing
	f.Close()
	wantCached(t, tree, cache, agedNames-1, 1, "-r")
	f = clitest.Open(t, path, os.O_RDWR)
	memory, err := unix.Mmap(int(f.Fd()), 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	wantCached(t, tree, cache, agedNames, 0, "-r")
	memory[0] = 'A'
	wantCached(t, tree, cache, agedNames-1, 0, "-r")
	waitAged()
	memory[0] = 'B' // changes no time: the page has not been written to the disk, maybe
	wantCached(t, tree, cache, agedNames-1, 0, "-r")
	if err := unix.Munmap(memory); err != nil {
		t.Fatal(err)
	}
	waitAged()
	wantCached(t, tree, cache, agedNames-1, 1, "-r")
	wantCached(t, tree, cache, agedNames, 0, "-r")
}

// TestCacheYoungFiles checks that a file that has just changed is not stored until it is
// older.
func TestCacheYoungFiles(t *testing.T) {
	t.Parallel()
	dir, tree, cache := filled(t)
	for try, soon := 0, 0; soon < 2; try++ {
		if try == 20 {
			clitest.Lacks(t, "this machine is too slow for files that are two seconds old: nothing is proved")
		}
		begun := time.Now()
		os.Remove(tree + "/young")
		clitest.Write(t, tree, "young", "young")
		for soon = 0; soon < 2 && wantYoung(t, begun, tree, cache, agedNames, "-r"); {
			soon++
		}
	}
	waitAged()
	wantCached(t, tree, cache, agedNames, 1, "-r")
	wantCached(t, dir, cache, agedNames+1, 0, "-r", "tree")
}

// TestCacheOfChangingFile checks that a file that grows while it is read is not stored.
func TestCacheOfChangingFile(t *testing.T) {
	t.Parallel()
	dir := agedTree(t)
	// Each is twice as large as the one before: it may have been read before we
	// come to change it.
	var sizes []int64
	for size := int64(300 << 20); size < 10<<30; size *= 2 {
		name := fmt.Sprintf("big%d", len(sizes))
		clitest.Write(t, dir, name, "")
		truncate(t, dir+"/"+name, size) // sparse
		sizes = append(sizes, size)
	}
	waitAged()
	for n, size := range sizes {
		name := fmt.Sprintf("big%d", n)
		s := clitest.Ours.Session(t, []string{"--debug", "--io=read", "--cache=cache", name}, clitest.Settings{Dir: dir})
		for deadline := time.Now().Add(clitest.Limit); s.ReadSoFar() < 8<<20; {
			if time.Now().After(deadline) {
				t.Fatal("the file is not read")
			}
			time.Sleep(100 * time.Microsecond)
		}
		s.Pause()
		amidst := int64(s.ReadSoFar()) < size
		overwrite(t, dir+"/"+name, size, "more")
		s.Signal(unix.SIGCONT)
		s.Stdout.Rest()
		said := s.Stderr.Rest()
		status := s.End()
		if !amidst {
			continue
		}
		if status != "exit 0" || !strings.Contains(said, "cache: 0 digests found, 0 stored\n") {
			t.Errorf("%s, %q", status, said)
		}
		truncate(t, dir+"/"+name, 1)
		if found, _ := cached(t, dir, dir+"/cache", name); found != 0 {
			t.Error("something is known of the file")
		}
		return
	}
	clitest.Lacks(t, "files are always read before they can be changed: nothing is proved")
}
