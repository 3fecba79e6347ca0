package cache_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
	"golang.org/x/sys/unix"
)

// copyOf copies a file.
func copyOf(t testing.TB, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestCacheForeign puts something else in the place of the cache. That is reported,
// nothing is hashed, and nothing changes. With a damaged cache all files are hashed, and
// the status is 1.
func TestCacheForeign(t *testing.T) {
	t.Parallel()
	_, tree, known := filled(t)
	const foreign, damaged = "not a cache of psha1sum", "the cache is damaged; remove it"
	altered := func(sql string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			copyOf(t, known, path)
			conn := database(t, path)
			defer conn.Close()
			execute(t, conn, sql)
		}
	}
	for _, test := range []struct {
		title string
		make  func(t *testing.T, path string)
		want  string
	}{
		{"text", func(t *testing.T, path string) { clitest.Write(t, filepath.Dir(path), "cache", "text\n") }, foreign},
		{"long text", func(t *testing.T, path string) {
			clitest.Write(t, filepath.Dir(path), "cache", strings.Repeat("text\n", 10_000))
		}, foreign},
		{"manifest", func(t *testing.T, path string) {
			clitest.Write(t, filepath.Dir(path), "cache", clitest.LineOf("one", "a"))
		}, foreign},
		{"beginning of one", func(t *testing.T, path string) { copyOf(t, known, path); truncate(t, path, 99) }, foreign},
		{"header of one", func(t *testing.T, path string) { copyOf(t, known, path); truncate(t, path, 100) }, damaged},
		{"directory", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o755); err != nil {
				t.Fatal(err)
			}
		}, foreign},
		{"FIFO", func(t *testing.T, path string) { clitest.MakeFIFO(t, path) }, foreign},
		{"device", func(t *testing.T, path string) {
			if err := os.Symlink(os.DevNull, path); err != nil {
				t.Fatal(err)
			}
		}, foreign},
		{"database", func(t *testing.T, path string) {
			conn := database(t, path)
			defer conn.Close()
			execute(t, conn, `CREATE TABLE digests (a, b)`)
		}, foreign},
		{"another's database", altered(`PRAGMA application_id=1`), foreign},
		{"next version", altered(`PRAGMA user_version=4`), "a newer version of psha1sum has made it"},
		{"more tables", altered(`CREATE TABLE more (a)`), damaged},
		{"a view", altered(`ALTER TABLE digests RENAME TO d; CREATE VIEW digests AS SELECT * FROM d`), damaged},
		{"a trigger", altered(`CREATE TRIGGER x AFTER INSERT ON digests BEGIN DELETE FROM digests; END`), damaged},
		{"another table", altered(`DROP TABLE digests; CREATE TABLE digests (algorithm, device, filesystem, block, entries)`), damaged},
		{"no table", altered(`DROP TABLE digests`), damaged},
		{"no table of parts", altered(`DROP TABLE parts`), damaged},
		{"another table of parts", altered(`DROP TABLE parts; CREATE TABLE parts (algorithm, device, filesystem, inode, part)`), damaged},
	} {
		t.Run(test.title, func(t *testing.T) {
			dir := t.TempDir()
			path := dir + "/cache"
			test.make(t, path)
			was, _ := readRegular(path)
			there := clitest.Entries(t, dir)
			said := "sha1sum: " + path + ": " + test.want + "\n"
			for _, args := range [][]string{{"a"}, {"-r"}, {"a", path}, {"-r", "-o", dir + "/SUMS"}, {"--check", os.DevNull}} {
				with := append([]string{"--debug", "--cache", path}, args...)
				if test.want != damaged {
					clitest.WantOutcome(t, with, clitest.Settings{Dir: tree}, "exit 1", said)
					continue
				}
				want := clitest.Ours.Output(t, args, clitest.Settings{Dir: tree})
				got := clitest.Ours.Output(t, with, clitest.Settings{Dir: tree})
				if slices.Contains(args, path) { // which is never hashed
					want = clitest.Ours.Output(t, args[:1], clitest.Settings{Dir: tree})
					want.Stderr = []byte("sha1sum: " + path + ": cache file skipped\n")
				}
				if got.Status != "exit 1" || string(got.Stdout) != string(want.Stdout) || !strings.HasPrefix(string(got.Stderr), said+string(want.Stderr)) {
					t.Errorf("%q: %s\nwant %s", args, got, want)
				}
				os.Remove(dir + "/SUMS")
			}
			if now, _ := readRegular(path); !bytes.Equal(now, was) {
				t.Error("it was changed")
			}
			clitest.WantEntries(t, dir, there)
		})
	}
	// A cache of an earlier version trusted too much or has no parts. It is replaced.
	for _, change := range []string{`PRAGMA user_version=1`, `DROP TABLE parts; PRAGMA user_version=2`} {
		older := t.TempDir() + "/cache"
		copyOf(t, known, older)
		conn := database(t, older)
		execute(t, conn, change)
		conn.Close()
		fill(t, tree, older, agedInodes, "-r")
		wantCached(t, tree, older, agedNames, 0, "-r")
		clitest.WantEntries(t, filepath.Dir(older), []string{"cache"})
	}
	// An empty file, such as mktemp makes, becomes a cache.
	dir := t.TempDir()
	clitest.Write(t, dir, "cache", "")
	fill(t, tree, dir+"/cache", agedInodes, "-r")
	wantCached(t, tree, dir+"/cache", agedNames, 0, "-r")
}

// readRegular returns the contents of a regular file.
func readRegular(path string) ([]byte, error) {
	if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() {
		return nil, err
	}
	return os.ReadFile(path)
}

// manyAged returns a directory with that many files, old enough, and a cache that has
// their digests.
func manyAged(t testing.TB, files int) (dir, tree, cache string) {
	t.Helper()
	dir = agedTree(t)
	tree, cache = dir+"/many", dir+"/cache"
	for i := range files {
		clitest.Write(t, tree, fmt.Sprintf("%d/%d", i%10, i), strconv.Itoa(i))
	}
	return dir, tree, cache
}

// TestCacheDamaged truncates a cache or changes bytes in it. No digest is wrong; the
// damage is reported, or what is lost is computed.
func TestCacheDamaged(t *testing.T) {
	t.Parallel()
	const files = 1500
	_, tree, cache := manyAged(t, files)
	waitAged()
	if _, _, stored := withCache(t, tree, cache, "-r"); stored != files {
		t.Fatalf("%d stored", stored)
	}
	want := clitest.Ours.Output(t, []string{"-r"}, clitest.Settings{Dir: tree})
	whole, err := os.ReadFile(cache)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	try := func(title string, data []byte) {
		path := dir + "/cache"
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		got := clitest.Ours.Output(t, []string{"-r", "--cache", path}, clitest.Settings{Dir: tree})
		said := string(got.Stderr)
		switch {
		case got.Status == "exit 0" && said == "", got.Status == "exit 1" && said == "sha1sum: "+path+": the cache is damaged; remove it\n" && len(got.Stdout) > 0:
			clitest.WantText(t, string(got.Stdout), string(want.Stdout))
		case got.Status == "exit 1" && len(got.Stdout) == 0 && strings.HasSuffix(said, ": not a cache of psha1sum\n"):
			if now, _ := os.ReadFile(path); !bytes.Equal(now, data) {
				t.Errorf("%s: %s, but it was changed", title, said)
			}
		default:
			t.Errorf("%s: %.3000s", title, got)
		}
		clitest.WantEntries(t, dir, []string{"cache"})
	}
	for page := range len(whole) / 4096 {
		if page > 4 && page%5 > 0 && !*large.Flag {
			continue
		}
		try(fmt.Sprintf("first %d pages", page), whole[:page*4096])
		try(fmt.Sprintf("first %d pages and a half", page), whole[:page*4096+2048])
	}
	rounds := large.Or(25, 60)
	if testing.Short() || clitest.RaceEnabled {
		rounds = 15
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for n := range rounds {
		data := bytes.Clone(whole)
		for range 1 + rng.IntN(20) {
			at := rng.IntN(len(data))
			if rng.IntN(3) == 0 { // where pages begin
				at = min(at/4096*4096+rng.IntN(100), len(data)-1)
			}
			data[at] = byte(rng.Uint32())
		}
		try(fmt.Sprintf("round %d", n), data)
	}
}

// TestCacheDamageIsReported checks that all reports learn of a damaged cache and none
// reports success.
func TestCacheDamageIsReported(t *testing.T) {
	t.Parallel()
	dir, tree, cache := filled(t)
	conn := database(t, cache)
	defer conn.Close()
	execute(t, conn, `UPDATE digests SET entries = zeroblob(8)`)
	got := clitest.Ours.Output(t, []string{"-r", "--json", "--report=junit:" + dir + "/junit", "--cache", cache}, clitest.Settings{Dir: tree})
	if said := "sha1sum: " + cache + ": the cache is damaged; remove it\n"; got.Status != "exit 1" || string(got.Stderr) != said {
		t.Errorf("want %q, got\n%s", said, got)
	}
	for _, want := range []string{
		`{"type":"error","name":"` + cache + `","message":"the cache is damaged; remove it"}` + "\n",
		`"errors":1,"notes":0,"exit_status":1}` + "\n",
	} {
		if !bytes.Contains(got.Stdout, []byte(want)) {
			t.Errorf("there is no %s in\n%s", want, got.Stdout)
		}
	}
	if junit, err := os.ReadFile(dir + "/junit"); err != nil || !bytes.Contains(junit, []byte(`message="the cache is damaged; remove it"`)) {
		t.Errorf("%s, %v", junit, err)
	}
}

// TestCacheOfOverlay checks that no file of an overlay is stored, whatever its layers:
// leases there don't detect mappings.
func TestCacheOfOverlay(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		clitest.NotMeant(t, "only the superuser mounts file systems")
	}
	for _, test := range []struct {
		title   string
		tmpfs   bool   // has the upper layer
		options string // "": there is no upper layer
	}{
		{"one file system", false, ",xino=off"},
		{"one file system", false, ",xino=on"},
		{"upper layer elsewhere", true, ",xino=off"},
		{"upper layer elsewhere", true, ",xino=on"},
		{"no upper layer", false, ""},
	} {
		t.Run(test.title+strings.Replace(test.options, ",", " ", 1), func(t *testing.T) {
			dir := agedTree(t)
			layers := dir
			if test.tmpfs {
				layers = t.TempDir()
				mount(t, "tmpfs", layers, "")
			}
			for _, name := range []string{layers + "/upper", layers + "/work", layers + "/empty", layers + "/all"} {
				if err := os.Mkdir(name, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			option := fmt.Sprintf("lowerdir=%s/tree:%s/empty", dir, layers)
			if test.options != "" {
				option = fmt.Sprintf("lowerdir=%s/tree,upperdir=%s/upper,workdir=%[2]s/work%s", dir, layers, test.options)
			}
			mount(t, "overlay", layers+"/all", option)
			for range 2 {
				wantCached(t, layers+"/all", dir+"/cache", 0, 0, "-r")
			}
		})
	}
}

// mount mounts a file system until the end of a test.
func mount(t testing.TB, kind, path, option string) {
	t.Helper()
	if err := unix.Mount(kind, path, kind, 0, option); err != nil {
		clitest.Lacks(t, "%s can't be mounted: %v", kind, err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(path, 0); err != nil {
			t.Error(err)
		}
	})
}

// TestCacheIsOutput sends results to the file of the cache. Neither may overwrite the
// other.
func TestCacheIsOutput(t *testing.T) {
	t.Parallel()
	dir, tree, known := filled(t)
	was, err := os.ReadFile(known)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(title string, got clitest.Outcome, path string) {
		t.Helper()
		if said := "sha1sum: " + path + ": output goes there\n"; got.Status != "exit 1" || len(got.Stdout) > 0 || string(got.Stderr) != said {
			t.Errorf("%s: want %q, got\n%s", title, said, got)
		}
	}
	if err := os.Symlink("cache", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	for _, option := range []string{"--output=", "--report=junit:"} {
		for _, other := range []string{known, "../cache", dir + "/link", tree + "/../cache"} {
			refused(option+other, clitest.Ours.Output(t, []string{"-r", "--cache", known, option + other}, clitest.Settings{Dir: tree}), known)
		}
		for _, other := range []string{dir + "/new", "../new", "d/../../new"} {
			refused(option+other, clitest.Ours.Output(t, []string{"-r", "--cache=../new", option + other}, clitest.Settings{Dir: tree}), "../new")
		}
	}
	// Files that SQLite uses, whether they exist or not, under any name.
	if err := os.Symlink("cache-shm", dir+"/link-to-shm"); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		for _, option := range []string{"--output=", "--report=junit:"} {
			refused(option+suffix, clitest.Ours.Output(t, []string{"-r", "--cache", known, option + known + suffix}, clitest.Settings{Dir: tree}), known+suffix)
			refused(option+suffix, clitest.Ours.Output(t, []string{"-r", "--cache", dir + "/link", option + "../cache" + suffix}, clitest.Settings{Dir: tree}), known+suffix)
			refused(option+suffix, clitest.Ours.Output(t, []string{"-r", "--cache=../new", option + "../new" + suffix}, clitest.Settings{Dir: tree}), "../new"+suffix)
		}
	}
	refused("link", clitest.Ours.Output(t, []string{"-r", "--cache", known, "-o", "../link-to-shm"}, clitest.Settings{Dir: tree}), known+"-shm")
	for _, test := range []struct{ redirection, cache string }{
		{">../new", "../new"}, {">>../cache", "../cache"}, {"2>>../cache >&2", "../cache"},
		{">../cache-wal", "../cache"}, {">../link-to-shm", "../cache"}, {"2>../cache-shm >&2", "../link"}, {">../cache-journal", "../cache"},
	} {
		got := clitest.Ours.Output(t, []string{"a", "--cache", test.cache}, clitest.Settings{Dir: tree, Shell: "exec " + test.redirection})
		if got.Status != "exit 1" {
			t.Errorf("%s: %s", test.redirection, got)
		}
		for _, suffix := range []string{"-wal", "-shm", "-journal"} {
			os.Remove(known + suffix)
		}
	}
	if now, err := os.ReadFile(known); err != nil || !bytes.HasPrefix(now, was) {
		t.Errorf("the cache was changed, %v", err)
	}
	if data, err := os.ReadFile(dir + "/new"); err != nil || len(data) > 0 {
		t.Errorf("%q, %v is where output should have gone", data, err)
	}
}

// TestCacheCannotBe checks runs that can't have a cache. They do their work without one
// and end with its status.
func TestCacheCannotBe(t *testing.T) {
	t.Parallel()
	dir, tree, known := filled(t)
	want := clitest.Ours.Output(t, []string{"-r"}, clitest.Settings{Dir: tree})
	refused := func(t *testing.T, path, why string, s clitest.Settings) {
		t.Helper()
		s.Dir = tree
		got := clitest.Ours.Output(t, []string{"-r", "--cache", path}, s)
		said := "sha1sum: " + path + ": going on without a cache: " + why + "\n"
		if got.Status != "exit 0" || string(got.Stderr) != said || !bytes.Equal(got.Stdout, want.Stdout) {
			t.Errorf("want %q, got\n%s", said, got)
		}
	}
	t.Run("missing directory", func(t *testing.T) {
		refused(t, dir+"/missing/cache", "No such file or directory", clitest.Settings{})
		refused(t, tree+"/a/cache", "Not a directory", clitest.Settings{})
		if got := clitest.Ours.Output(t, []string{"missing", "--cache", dir + "/missing/cache"}, clitest.Settings{Dir: tree}); got.Status != "exit 1" {
			t.Errorf("%s", got)
		}
	})
	// without checks that the results are right, and that the lack of a cache is the only
	// message, if any.
	without := func(t *testing.T, got clitest.Outcome) (said bool) {
		t.Helper()
		message := string(got.Stderr)
		said = strings.HasPrefix(message, "sha1sum: "+known+": going on without a cache: ") && strings.Count(message, "\n") == 1
		if got.Status != "exit 0" || message != "" && !said || !bytes.Equal(got.Stdout, want.Stdout) {
			t.Errorf("%s", got)
		}
		return said
	}
	t.Run("few descriptors", func(t *testing.T) {
		for _, n := range []int{2, 10, 20} {
			got := clitest.Ours.Output(t, []string{"-r", "--cache", known}, clitest.Settings{Dir: tree, Shell: clitest.LimitDescriptors(n)})
			if !without(t, got) {
				t.Errorf("with room for %d there is a cache", n)
			}
		}
	})
	t.Run("few descriptors left", func(t *testing.T) {
		// The limit is high, and nearly all are taken.
		const limit = 2000
		var most unix.Rlimit
		if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &most); err != nil || most.Max < limit {
			clitest.Lacks(t, "there are no %d descriptors: %v", limit, err)
		}
		null := clitest.Open(t, os.DevNull, os.O_RDONLY)
		defer null.Close()
		for n := 2; n < 44; n += 4 {
			taken := slices.Repeat([]*os.File{null}, limit-clitest.DescriptorLimit(n))
			s := clitest.Settings{Dir: tree, Shell: fmt.Sprint("ulimit -n ", limit), More: taken}
			if !without(t, clitest.Ours.Output(t, []string{"-r", "--cache", known}, s)) && n < 15 {
				t.Errorf("with %d left there is a cache", n)
			}
			if plain := clitest.Ours.Output(t, []string{"-r"}, s); plain.Status != "exit 0" {
				t.Errorf("%d, without a cache: %s", n, plain)
			}
		}
	})
	t.Run("no permission", func(t *testing.T) {
		clitest.Chmod(t, dir, 0o755)
		s := clitest.Unprivileged(t, tree)
		public := clitest.PublicDir(t)
		copyOf(t, known, public+"/secret")
		clitest.Chmod(t, public+"/secret", 0)
		clitest.Chmod(t, public, 0o555) // we may be that user ourselves
		t.Cleanup(func() { os.Chmod(public, 0o755) })
		refused(t, public+"/new", "Permission denied", s)
		refused(t, public+"/secret", "Permission denied", s)
		clitest.Chmod(t, public+"/secret", 0o444)
		was, _ := os.ReadFile(public + "/secret")
		got := clitest.Ours.Output(t, []string{"-r", "--cache", public + "/secret"}, clitest.Settings{Dir: tree, As: s.As})
		if got.Status != "exit 0" || !strings.Contains(string(got.Stderr), " without ") || !bytes.Equal(got.Stdout, want.Stdout) {
			t.Errorf("%s", got)
		}
		if now, _ := os.ReadFile(public + "/secret"); !bytes.Equal(now, was) {
			t.Error("it was changed")
		}
		clitest.WantEntries(t, public, []string{"secret"})
	})
	t.Run("little memory", func(t *testing.T) {
		if clitest.RaceEnabled {
			clitest.NotMeant(t, "the race detector takes memory of its own")
		}
		// Not enough memory for more and more of the database, and in the end for
		// anything. With too little Go's runtime itself exits at some point; what was
		// printed by then must be right.
		const plenty = 64_000
		refusals := 0
		for _, limit := range []int{150, 300, 500, 700, 900, 1100, 1300, 1500, 1800, 2500, plenty} {
			s := clitest.Settings{Dir: tree, Shell: fmt.Sprintf("ulimit -v %d000", limit)}
			got := clitest.Ours.Output(t, []string{"-r", "--cache", known}, s)
			if bytes.Contains(got.Stderr, []byte("fatal error: ")) && limit < plenty {
				if got.Status == "exit 0" || !bytes.HasPrefix(want.Stdout, got.Stdout) {
					t.Errorf("%d MB: %s", limit, got)
				}
				continue
			}
			if without(t, got) {
				refusals++
			}
		}
		t.Logf("%d times there was no memory for a cache", refusals)
	})
}

// TestCacheFull fills the disk, or reaches the limit of a file's size, while digests are
// stored.
func TestCacheFull(t *testing.T) {
	t.Parallel()
	dir, tree, _ := manyAged(t, 3000)
	waitAged()
	want := clitest.Ours.Output(t, []string{"-r"}, clitest.Settings{Dir: tree})
	// SQLite doesn't always tell why, as when there is no room for its index.
	check := func(t *testing.T, path, why string, s clitest.Settings) {
		t.Helper()
		s.Dir = tree
		got := clitest.Ours.Output(t, []string{"-r", "--cache", path}, s)
		said := strings.TrimPrefix(string(got.Stderr), "sha1sum: "+path+": ")
		_, reason, _ := strings.Cut(said, " cache: ") // going on without a, or went on without the
		if got.Status != "exit 0" || reason != why+"\n" && reason != "reading or writing it failed\n" {
			t.Errorf("%s: %s, %q, want %q", path, got.Status, got.Stderr, why)
		}
		clitest.WantText(t, string(got.Stdout), string(want.Stdout))
	}
	t.Run("size", func(t *testing.T) {
		clitest.NeedEarlyEntry(t)
		for _, blocks := range []int{1, 8, 20, 40, 100} { // of 512 bytes
			check(t, dir+"/cache"+strconv.Itoa(blocks), "File too large", clitest.Settings{Shell: fmt.Sprintf(`trap "" XFSZ; ulimit -f %d`, blocks)})
		}
		got := clitest.Ours.Output(t, []string{"-r", "--cache", dir + "/deadly"}, clitest.Settings{Dir: tree, Shell: clitest.NoCore + "; ulimit -f 1"})
		if status := "signal: " + syscall.SIGXFSZ.String(); got.Status != status {
			t.Errorf("%s, want %s, as of any file", got, status)
		}
	})
	t.Run("disk", func(t *testing.T) {
		if os.Geteuid() != 0 {
			clitest.NotMeant(t, "only the superuser mounts file systems")
		}
		small := t.TempDir()
		if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=128k"); err != nil {
			clitest.Lacks(t, "a tmpfs can't be mounted: %v", err)
		}
		t.Cleanup(func() {
			if err := unix.Unmount(small, 0); err != nil {
				t.Error(err)
			}
		})
		for range 2 { // what is there then is a cache
			check(t, small+"/cache", "No space left on device", clitest.Settings{})
		}
		if err := unix.Mount("", small, "", unix.MS_REMOUNT, "size=10m"); err != nil {
			t.Fatal(err)
		}
		cached(t, tree, small+"/cache", "-r")
		wantCached(t, tree, small+"/cache", 3000, 0, "-r")
		// Read-only it can't be: whoever reads it must say so to others.
		if err := unix.Mount("", small, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{small + "/cache", small + "/new"} {
			check(t, path, "Read-only file system", clitest.Settings{})
		}
	})
}
