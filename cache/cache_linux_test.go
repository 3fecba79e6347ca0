//go:build amd64 || arm64

package cache

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/filestate"
	"github.com/psha1sum/psha1sum/reader"
)

// No test may fail because the machine is slow.
func init() { busyTimeout = 10 * time.Minute }

// ago is the time of changes to the files in these tests, long past.
var ago = time.Now().Add(-time.Hour).Truncate(time.Second).Add(1234567)

// versionOf returns the version of file n after so many changes.
func versionOf(n, times int) *filestate.State {
	return &filestate.State{
		FileSystem: filestate.FileSystem{ID: 1 << 63, TrustedTimes: true},
		ID:         reader.ID{Device: 1<<64 - 1, Inode: uint64(n) * 3},
		Size:       int64(n), Modified: int64(-n), Changed: ago.UnixNano() + int64(times),
	}
}

// digestOf returns the made-up digest of a version.
func digestOf(alg *hasher.Algorithm, v *filestate.State) []byte {
	b := binary.LittleEndian.AppendUint64([]byte(alg.Tag), v.ID.Inode)
	b = binary.LittleEndian.AppendUint64(b, uint64(v.Changed))
	sum := sha256.Sum256(b)
	return append(sum[:], sum[:]...)[:alg.Size]
}

func openCache(t testing.TB, name string) *Cache {
	t.Helper()
	c, err := Open(name)
	if errors.Is(err, ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// openTwice opens a new cache, and its database a second time as another process would.
func openTwice(t *testing.T) (name string, c *Cache, other *database) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "cache")
	c = openCache(t, name)
	return name, c, openAgain(t, name)
}

// openAgain opens the database of a cache.
func openAgain(t *testing.T, name string) *database {
	t.Helper()
	at, err := findPlace(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(at.close)
	db, err := openDatabase(at)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func closeCache(t testing.TB, c *Cache) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func keep(c *Cache, alg *hasher.Algorithm, v *filestate.State) {
	c.Keep(alg, v, time.Now(), digestOf(alg, v))
}

// found counts the versions that are found, from the file first on, and fails on wrong
// digests.
func found(t testing.TB, c *Cache, alg *hasher.Algorithm, first, files, times int) (n int) {
	t.Helper()
	for i := range files {
		v := versionOf(first+i, times)
		before := []byte("before")
		got, ok := c.Find(before, alg, v, time.Now())
		want := before
		if ok {
			n++
			want = append(before[:6:6], digestOf(alg, v)...)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("file %d, %s: %x, want %x", first+i, alg.Tag, got, want)
		}
	}
	return n
}

func wantFound(t testing.TB, c *Cache, alg *hasher.Algorithm, files, times, want int) {
	t.Helper()
	if n := found(t, c, alg, 1, files, times); n != want {
		t.Errorf("%d of %d digests (%s, version %d) were found, want %d", n, files, alg.Tag, times, want)
	}
}

// wantAlone fails if there is anything else in the directory than these files.
func wantAlone(t testing.TB, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("the directory has %q, want %q", got, names)
	}
}

// waitForCommit waits for the first commit.
func waitForCommit(t testing.TB, c *Cache) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); c.Stats().Kept == 0; time.Sleep(time.Millisecond) {
		if err := c.Err(); err != nil {
			t.Fatalf("nothing is committed: %v", err)
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing is committed")
		}
	}
}

// TestRemembers: what is kept is found at once, and when the file is opened again, for
// the same version and algorithm.
func TestRemembers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "a ?#%41&b=c\xff", "cache")
	os.Mkdir(filepath.Dir(name), 0o700)
	algs := []*hasher.Algorithm{hasher.SHA1, hasher.SHA256, hasher.BLAKE2b, hasher.BLAKE2b.Sized(20), hasher.BLAKE2b.Sized(1)}
	const files = 2000
	for round := range 3 {
		c := openCache(t, name)
		for _, alg := range algs {
			wantFound(t, c, alg, files, round-1, min(round, 1)*files)
			wantFound(t, c, alg, files, round-2, 0) // replaced by another version
			wantFound(t, c, alg, files, round, 0)
			for i := range files {
				keep(c, alg, versionOf(1+i, round))
			}
			wantFound(t, c, alg, files, round, files)
		}
		wantFound(t, c, hasher.BLAKE2b.Sized(21), files, round, 0)
		closeCache(t, c)
		if kept := c.Stats().Kept; kept != int64(len(algs)*files) {
			t.Errorf("%d digests were stored, want %d", kept, len(algs)*files)
		}
		wantAlone(t, filepath.Dir(name), "cache")
	}
	wantAlone(t, dir, filepath.Base(filepath.Dir(name)))
}

// otherVersions change a version in one respect each.
var otherVersions = map[string]func(v *filestate.State){
	"size":         func(v *filestate.State) { v.Size++ },
	"modification": func(v *filestate.State) { v.Modified++ },
	"change":       func(v *filestate.State) { v.Changed-- },
	"inode":        func(v *filestate.State) { v.ID.Inode++ },
	"far inode":    func(v *filestate.State) { v.ID.Inode += 1 << 40 },
	"device":       func(v *filestate.State) { v.ID.Device-- },
	"file system":  func(v *filestate.State) { v.FileSystem.ID++ },
	"kind":         func(v *filestate.State) { v.FileSystem.TrustedTimes = false },
	"second":       func(v *filestate.State) { v.Changed -= v.Changed % int64(time.Second) },
}

// TestEachStampMatters: if anything of a version differs, its digest is not found.
func TestEachStampMatters(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "cache")
	c := openCache(t, name)
	v := versionOf(1, 0)
	keep(c, hasher.SHA1, v)
	closeCache(t, c)
	c = openCache(t, name)
	defer closeCache(t, c)
	for title, change := range otherVersions {
		other := *v
		change(&other)
		if digest, ok := c.Find(nil, hasher.SHA1, &other, time.Now()); ok || digest != nil {
			t.Errorf("with another %s: %x", title, digest)
		}
	}
	if _, ok := c.Find(nil, hasher.SHA1, v, ago); ok {
		t.Error("it is found by a clock by which it has just changed")
	}
	wantFound(t, c, hasher.SHA1, 1, 0, 1)
}

// TestUnsettledIsNotKept: a version that may not be the only one with its time is not
// stored.
func TestUnsettledIsNotKept(t *testing.T) {
	t.Parallel()
	c := openCache(t, filepath.Join(t.TempDir(), "cache"))
	v := versionOf(1, 0)
	c.Keep(hasher.SHA1, v, ago.Add(grain-1), digestOf(hasher.SHA1, v))
	wantFound(t, c, hasher.SHA1, 1, 0, 0)
	closeCache(t, c)
	if c.Stats() != (Stats{}) {
		t.Errorf("%+v", c.Stats())
	}
}

// TestAfterClose: a closed cache finds and keeps nothing.
func TestAfterClose(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "cache")
	c := openCache(t, name)
	keep(c, hasher.SHA1, versionOf(1, 0))
	closeCache(t, c)
	keep(c, hasher.SHA1, versionOf(2, 0))
	wantFound(t, c, hasher.SHA1, 2, 0, 0)
	c = openCache(t, name)
	wantFound(t, c, hasher.SHA1, 2, 0, 1)
	closeCache(t, c)
}

// TestManyAtOnce: several goroutines use two caches on one file, and look for what the
// others keep.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "cache")
	caches := []*Cache{openCache(t, name), openCache(t, name)}
	const users, files = 4, 6000
	var wg sync.WaitGroup
	for _, c := range caches {
		for user := range users {
			wg.Go(func() {
				for i := range files {
					keep(c, hasher.SHA1, versionOf(1+i*users+user, 0))
					if i%100 == 0 {
						found(t, c, hasher.SHA1, 1+i*users, users, 0)
					}
				}
			})
		}
	}
	wg.Wait()
	for _, c := range caches {
		wantFound(t, c, hasher.SHA1, users*files, 0, users*files)
		closeCache(t, c)
	}
	c := openCache(t, name)
	wantFound(t, c, hasher.SHA1, users*files, 0, users*files)
	closeCache(t, c)
}

// TestSlowCommits: while another process commits, only maxPending digests are buffered;
// then Keep blocks, and nothing is lost.
func TestSlowCommits(t *testing.T) {
	t.Parallel()
	name, c, other := openTwice(t)
	if err := errors.Join(other.prepareToStore(), other.begin.Exec()); err != nil {
		t.Fatal(err)
	}
	const files = 2*maxPending + commitFrom // more than are buffered, however late a commit begins
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range files {
			keep(c, hasher.SHA1, versionOf(1+i, 0))
		}
	}()
	for waiting := 0; waiting < maxPending; {
		select {
		case <-done:
			t.Fatal("all were kept before anything was committed")
		case <-time.After(time.Millisecond):
		}
		c.mu.Lock()
		waiting = len(c.pending)
		c.mu.Unlock()
		if waiting > maxPending {
			t.Fatalf("%d are waiting, want at most %d", waiting, maxPending)
		}
	}
	select {
	case <-done:
		t.Fatal("there was room for all")
	case <-time.After(20 * time.Millisecond):
	}
	if err := other.rollback.Exec(); err != nil {
		t.Fatal(err)
	}
	<-done
	closeCache(t, c)
	if err := other.close(); err != nil {
		t.Fatal(err)
	}
	c = openCache(t, name)
	wantFound(t, c, hasher.SHA1, files, 0, files)
	closeCache(t, c)
}

// TestFailedCommit: if commits fail, the work continues without waiting for them.
func TestFailedCommit(t *testing.T) {
	t.Parallel()
	_, c, other := openTwice(t)
	if err := other.conn.Exec(`DROP TABLE digests`); err != nil {
		t.Fatal(err)
	}
	for i := range 2*maxPending + commitFrom {
		keep(c, hasher.SHA1, versionOf(1+i, 0))
	}
	if err := c.Close(); !errors.Is(err, ErrDamaged) {
		t.Errorf("Close = %v, want %v", err, ErrDamaged)
	}
	if kept := c.Stats().Kept; kept != 0 {
		t.Errorf("%d digests are said to be stored", kept)
	}
	if err := other.close(); err != nil {
		t.Fatal(err)
	}
}

// TestDamageStops: when damage is found, nothing more is stored and nothing waits.
func TestDamageStops(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "cache")
	c := openCache(t, name)
	keep(c, hasher.SHA1, versionOf(1, 0))
	closeCache(t, c)
	other := openAgain(t, name)
	if err := other.conn.Exec(`UPDATE digests SET entries = zeroblob(8)`); err != nil {
		t.Fatal(err)
	}
	c = openCache(t, name)
	for i := range 100 {
		keep(c, hasher.SHA1, versionOf(100_000+i, 0))
	}
	if n := found(t, c, hasher.SHA1, 1, 1, 0); n != 0 {
		t.Errorf("%d were found in what is damaged", n)
	}
	for i := range 2 * maxPending {
		keep(c, hasher.SHA1, versionOf(200_000+i, 0))
	}
	if err := c.Close(); err != ErrDamaged {
		t.Errorf("Close = %v, want %v", err, ErrDamaged)
	}
	if kept := c.Stats().Kept; kept != 0 {
		t.Errorf("%d digests were stored", kept)
	}
	if err := other.close(); err != nil {
		t.Fatal(err)
	}
}
