//go:build unix

package tree_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/internal/large"
	"github.com/psha1sum/psha1sum/reader"
	"github.com/psha1sum/psha1sum/tree"
)

// guard fails the test if it leaves goroutines behind.
func guard(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		deadline := time.Now().Add(10 * time.Second)
		for runtime.NumGoroutine() > before {
			if time.Now().After(deadline) {
				t.Errorf("%d goroutines, there were %d", runtime.NumGoroutine(), before)
				return
			}
			time.Sleep(time.Millisecond)
		}
	})
}

// begin begins a walk of dir, whose paths begin with name.
func begin(t *testing.T, name, dir string, opt tree.Options) *tree.Walker {
	t.Helper()
	rule := reader.NoLinks
	if opt.Follow {
		rule = reader.Anything
	}
	w := tree.New(name, filetest.OpenDir(t, nil, dir, rule), opt)
	t.Cleanup(func() { w.Close() })
	return w
}

// walk walks to the end and returns what was found, with errors: "dir/x" or "dir/y:
// permission denied".
func walk(t *testing.T, name, dir string, opt tree.Options) (found []string) {
	t.Helper()
	w := begin(t, name, dir, opt)
	for {
		upcoming, known := w.Upcoming()
		e, err := w.Next()
		if known && (err != nil || e.Type != upcoming) {
			t.Errorf("%s: %v of type %v came, where one of type %v was upcoming", e.Path, err, e.Type, upcoming)
		}
		switch {
		case err == io.EOF:
			if _, err := w.Next(); err != io.EOF {
				t.Errorf("behind the end: %v", err)
			}
			return found
		case err != nil:
			t.Fatal(err)
		case e.Err != nil:
			found = append(found, fmt.Sprintf("%s: %v", e.Path, e.Err))
		default:
			found = append(found, e.Path)
		}
	}
}

// want fails the test at the first path that differs.
func want(t *testing.T, got, want []string) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("path %d of %d: got %q, want %q", i, len(want), got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d paths, want %d", len(got), len(want))
	}
}

// sorted returns what find | LC_ALL=C sort prints for a directory, without directories.
func sorted(t *testing.T, name, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, name+path[len(dir):])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(paths)
	return paths
}

func mkdir(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

func touch(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		mkdir(t, filepath.Dir(name))
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// units are the parts of names: bytes on both sides of the slash in sort order, and
// some others.
var units = []string{"a", "a", "a", "b", "-", ".", "/", "0", "\x01", "\n", " ", "é", "\xff", "A", "~"}

// grow creates a random tree. There are few letters, so that many names are prefixes of
// others.
func grow(rng *rand.Rand, dir string, depth int) {
	for range rng.IntN(9) {
		var b strings.Builder
		for range 1 + rng.IntN(3) {
			b.WriteString(units[rng.IntN(len(units))])
		}
		name := strings.ReplaceAll(b.String(), "/", "")
		if strings.Trim(name, ".") == "" {
			continue
		}
		path := dir + "/" + name
		switch n := rng.IntN(10); {
		case n < 4 && depth > 0:
			if os.Mkdir(path, 0o755) == nil {
				grow(rng, path, depth-1)
			}
		case n == 4:
			_ = os.Symlink(dir, path) // not followed
		default:
			// Names that are invalid on this system or exist already are left out.
			_ = os.WriteFile(path, nil, 0o644)
		}
	}
}

// TestOrder: random trees are walked in the order in which sort puts whole paths.
func TestOrder(t *testing.T) {
	guard(t)
	trees := large.Or(30, 100)
	if testing.Short() {
		trees = 25
	}
	most := 0
	for seed := range trees {
		rng := rand.New(rand.NewPCG(uint64(seed), 1))
		dir := t.TempDir()
		grow(rng, dir, 5)
		all := sorted(t, "top", dir)
		most = max(most, len(all))
		want(t, walk(t, "top", dir, tree.Options{}), all)
	}
	if most < 50 {
		t.Errorf("the largest tree had %d files", most)
	}
}

// TestOrderOfNeighbours has the cases that sorting by names alone gets wrong.
func TestOrderOfNeighbours(t *testing.T) {
	dir := t.TempDir()
	touch(t, dir+"/a/b", dir+"/a-b", dir+"/a.b/c", dir+"/a0", dir+"/a b/x", dir+"/a/b.c", dir+"/a/b-c/d", dir+"/aa/a")
	want(t, walk(t, ".", dir, tree.Options{}), []string{
		"./a b/x", "./a-b", "./a.b/c", "./a/b", "./a/b-c/d", "./a/b.c", "./a0", "./aa/a",
	})
}

// TestUpcoming: an entry that needs no listing is known in advance, as walk checks.
func TestUpcoming(t *testing.T) {
	dir := t.TempDir()
	touch(t, dir+"/a", dir+"/b", dir+"/c/d/e", dir+"/c/d/f", dir+"/g")
	filetest.Symlink(t, "a", dir+"/h")
	w := begin(t, ".", dir, tree.Options{})
	const no, yes, either = 0, 1, 2 // depends on what has been listed ahead
	for _, want := range []struct {
		path  string
		known int
	}{{"./a", no}, {"./b", yes}, {"./c/d/e", either}, {"./c/d/f", yes}, {"./g", yes}, {"./h", yes}} {
		upcoming, known := w.Upcoming()
		e, err := w.Next()
		if err != nil || e.Path != want.path || known && (want.known == no || e.Type != upcoming) || !known && want.known == yes {
			t.Errorf("%s, %v, was upcoming: %v, as %v; want %s, %v", e.Path, err, known, upcoming, want.path, want.known)
		}
	}
	if _, known := w.Upcoming(); known {
		t.Error("something is upcoming behind the last")
	}
	if _, err := w.Next(); err != io.EOF {
		t.Error(err)
	}
	if _, known := w.Upcoming(); known {
		t.Error("something is upcoming behind the end")
	}
}

// TestPrefix: paths begin with the name as given, followed by one slash.
func TestPrefix(t *testing.T) {
	dir := t.TempDir()
	touch(t, dir+"/d/x")
	for name, first := range map[string]string{
		".": "./d/x", "top": "top/d/x", "top/": "top/d/x", "top//": "top//d/x", "/": "/d/x", "a/../top": "a/../top/d/x",
	} {
		want(t, walk(t, name, dir, tree.Options{}), []string{first})
	}
	want(t, walk(t, "empty", t.TempDir(), tree.Options{}), nil)
}

// TestTiming: everything is returned once, whichever side is slow.
func TestTiming(t *testing.T) {
	guard(t)
	dir := t.TempDir()
	grow(rand.New(rand.NewPCG(7, 7)), dir, 6)
	for i := range 40 {
		touch(t, fmt.Sprintf("%s/wide%d/x/y", dir, i), fmt.Sprintf("%s/wide%d/z", dir, i))
	}
	all := sorted(t, "top", dir)
	for seed := range 20 {
		lists, takes := seed&1 != 0, seed&2 != 0 // which are slow
		nap := func(is bool) {
			if is && rand.IntN(4) == 0 {
				time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond)
			}
		}
		var open, calls atomic.Int32
		w := begin(t, "top", dir, tree.Options{
			Opening: func() { open.Add(1); calls.Add(1); nap(lists) },
			Closed:  func() { nap(lists); open.Add(-1) },
		})
		var got []string
		for e, err := w.Next(); err != io.EOF; e, err = w.Next() {
			got = append(got, e.Path)
			nap(takes)
		}
		want(t, got, all)
		if w.Close(); open.Load() != 0 || calls.Load() == 0 {
			t.Errorf("%d of %d directories were not closed", open.Load(), calls.Load())
		}
	}
}

// TestClose: a walk can be ended at any point.
func TestClose(t *testing.T) {
	guard(t)
	dir := t.TempDir()
	for i := range 300 {
		touch(t, fmt.Sprintf("%s/%d/x", dir, i))
	}
	for take := range 40 {
		var open atomic.Int32
		w := begin(t, "top", dir, tree.Options{Opening: func() { open.Add(1) }, Closed: func() { open.Add(-1) }})
		for range take * take / 6 {
			if _, err := w.Next(); err != nil {
				t.Fatal(err)
			}
		}
		w.Close()
		if n := open.Load(); n != 0 {
			t.Errorf("%d directories are open after Close", n)
		}
	}
}

// TestSkip: what is skipped is not opened, and Skip gets paths relative to the root.
func TestSkip(t *testing.T) {
	dir := t.TempDir()
	touch(t, dir+"/keep/x", dir+"/keep/y", dir+"/not/x", dir+"/keep/not/x", dir+"/z")
	var opened atomic.Int32
	got := walk(t, "top", dir, tree.Options{
		Opening: func() { opened.Add(1) },
		Skip: func(path string, dir bool) bool {
			return dir && (path == "not" || path == "keep/not") || !dir && path == "keep/y"
		},
	})
	want(t, got, []string{"top/keep/x", "top/z"})
	if n := opened.Load(); n != 2 {
		t.Errorf("%d directories were opened, want 2", n)
	}
}

// TestIdentify: entries identify their directory, and Lists knows its other names,
// including skipped ones.
func TestIdentify(t *testing.T) {
	guard(t)
	dir := t.TempDir()
	for _, name := range []string{"d/a-b", "d/a/x", "d/skip", "e/x"} {
		os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700)
		os.WriteFile(filepath.Join(dir, name), nil, 0o600)
	}
	os.Symlink("d", dir+"/z")
	w := begin(t, "name", dir, tree.Options{Follow: true, Identify: true, Skip: func(path string, _ bool) bool {
		return filepath.Base(path) == "skip"
	}})
	in := map[string]reader.DirectoryID{}
	for {
		e, err := w.Next()
		if err == io.EOF {
			break
		}
		in[e.Path] = e.In
		for _, name := range []string{"a", "a-b", "skip", "x", "A", ""} {
			_, err := os.Lstat(filepath.Join(dir, filepath.Dir(strings.TrimPrefix(e.Path, "name/")), name))
			if want := err == nil && name != ""; w.Lists(name) != want {
				t.Errorf("at %s: Lists(%q) = %v", e.Path, name, !want)
			}
		}
	}
	if a, b := in["name/d/a-b"], in["name/z/a-b"]; a != b || !a.Known() || len(in) != 5 {
		t.Errorf("one directory is %+v and %+v, of %d", a, b, len(in))
	}
	if a, b := in["name/d/a/x"], in["name/e/x"]; a == b || a == in["name/d/a-b"] {
		t.Errorf("several directories are one: %+v", in)
	}
}

// TestSwapped replaces directories after their parent was listed.
func TestSwapped(t *testing.T) {
	guard(t)
	outside := t.TempDir()
	touch(t, outside+"/secret")
	for range 20 {
		dir := t.TempDir()
		touch(t, dir+"/a/x", dir+"/gone/x", dir+"/link/x", dir+"/file/x", dir+"/z")
		got := walk(t, "top", dir, tree.Options{Skip: func(path string, is bool) bool {
			if !is || path == "a" {
				return false
			}
			path = dir + "/" + path
			err := os.RemoveAll(path)
			switch filepath.Base(path) {
			case "link":
				err = errors.Join(err, os.Symlink(outside, path))
			case "file":
				err = errors.Join(err, os.WriteFile(path, nil, 0o644))
			}
			if err != nil {
				t.Error(err)
			}
			return false
		}})
		if len(got) == 5 { // the system may check O_DIRECTORY or O_NOFOLLOW first
			got[3] = strings.Replace(got[3], syscall.ELOOP.Error(), syscall.ENOTDIR.Error(), 1)
		}
		want(t, got, []string{
			"top/a/x",
			"top/file: " + syscall.ENOTDIR.Error(),
			"top/gone: " + syscall.ENOENT.Error(),
			"top/link: " + syscall.ENOTDIR.Error(),
			"top/z",
		})
	}
}

// TestRootError: a root that can't be listed gives one entry with the name as given.
func TestRootError(t *testing.T) {
	for _, name := range []string{"top", "top/", "/"} {
		dir := t.TempDir() + "/d"
		mkdir(t, dir)
		w := begin(t, name, dir, tree.Options{})
		if err := os.Remove(dir); err != nil {
			t.Fatal(err)
		}
		e, err := w.Next()
		if err == io.EOF {
			return // some systems list removed directories
		}
		if e.Path != name || e.Err != syscall.ENOENT {
			t.Errorf("%q, %v; want %q, %v", e.Path, e.Err, name, syscall.ENOENT)
		}
		if _, err := w.Next(); err != io.EOF {
			t.Errorf("then %v", err)
		}
	}
}

// TestRetry: Retry is called once for each directory that can't be listed, and the walk
// succeeds if it removes the cause.
func TestRetry(t *testing.T) {
	guard(t)
	dir := t.TempDir()
	const dirs = 40
	var all []string
	for i := range dirs {
		touch(t, fmt.Sprintf("%s/d%02d/x", dir, i))
	}
	asked := 0
	got := walk(t, "top", dir, tree.Options{
		Skip: func(path string, is bool) bool {
			if is {
				os.RemoveAll(dir + "/" + path)
			}
			return false
		},
		Retry: func(err error) bool {
			if err != syscall.ENOENT {
				t.Errorf("asked about %v", err)
			}
			touch(t, fmt.Sprintf("%s/d%02d/y", dir, asked))
			asked++
			return asked%2 == 0
		},
	})
	for i := range dirs {
		if i%2 == 0 {
			all = append(all, fmt.Sprintf("top/d%02d: %v", i, syscall.ENOENT))
		} else {
			all = append(all, fmt.Sprintf("top/d%02d/y", i))
		}
	}
	want(t, got, all)
	if asked != dirs {
		t.Errorf("asked %d times for %d directories", asked, dirs)
	}
}

// TestFollow: links are followed, and a loop is reported.
func TestFollow(t *testing.T) {
	guard(t)
	dir, outside := t.TempDir(), t.TempDir()
	touch(t, dir+"/a/b/x", dir+"/y", outside+"/o/p")
	filetest.Symlink(t, ".", dir+"/here")
	filetest.Symlink(t, "../..", dir+"/a/b/up")
	filetest.Symlink(t, outside, dir+"/out")
	filetest.Symlink(t, "../y", dir+"/a/file")
	filetest.Symlink(t, "nowhere", dir+"/a/dangling")
	filetest.Symlink(t, "self", dir+"/self")
	filetest.Symlink(t, dir, outside+"/o/back")
	filetest.Symlink(t, "a", dir+"/twice")
	got := walk(t, "top", dir, tree.Options{Follow: true})
	loop := ": " + tree.ErrLoop.Error()
	want(t, got, []string{
		"top/a/b/up" + loop, "top/a/b/x", "top/a/dangling", "top/a/file", "top/here" + loop,
		"top/out/o/back" + loop, "top/out/o/p", "top/self",
		"top/twice/b/up" + loop, "top/twice/b/x", "top/twice/dangling", "top/twice/file", "top/y",
	})
	// Without Follow, they are links.
	want(t, walk(t, "top", dir, tree.Options{}), sorted(t, "top", dir))
}

// TestManyLoops: a loop is detected before the directory is read. Reading a large
// directory once for each link to itself took hours.
func TestManyLoops(t *testing.T) {
	dir := t.TempDir()
	const links = 1000
	for i := range links {
		filetest.Symlink(t, ".", fmt.Sprintf("%s/%d", dir, i))
	}
	if got := walk(t, "top", dir, tree.Options{Follow: true}); len(got) != links {
		t.Errorf("%d entries, want %d", len(got), links)
	}
}

// TestTooLong: a directory whose path is too long is reported, and all that can be
// reached is found.
func TestTooLong(t *testing.T) {
	dir := t.TempDir()
	name := strings.Repeat("d", 250)
	touch(t, dir+"/z")
	if !deep(t, dir, name, 20) {
		return
	}
	got := walk(t, "top", dir, tree.Options{})
	if len(got) != 2 || !strings.HasSuffix(got[0], "/"+name+": "+syscall.ENAMETOOLONG.Error()) || got[1] != "top/z" {
		t.Errorf("%.300q", got)
	}
}

// deep creates a chain of directories, whatever the length of its path.
func deep(t *testing.T, dir, name string, depth int) bool {
	t.Helper()
	old, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	defer os.Chdir(old)
	for range depth {
		if os.Mkdir(name, 0o755) != nil || os.Chdir(name) != nil {
			t.Log("this system has no such depth")
			return false
		}
	}
	return true
}
