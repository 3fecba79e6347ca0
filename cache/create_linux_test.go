//go:build amd64 || arm64

package cache

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"golang.org/x/sys/unix"
)

// TestRemovedWhileOpen: a process that still uses a removed cache does no harm to the
// new one of that name.
func TestRemovedWhileOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "cache")
	first := openCache(t, name)
	keep(first, hasher.SHA1, versionOf(1, 0))
	waitForCommit(t, first)
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	second := openCache(t, name)
	keep(second, hasher.SHA256, versionOf(1, 0))
	keep(first, hasher.SHA1, versionOf(2, 0))
	_ = first.Close() // its entries are lost, which it may report
	keep(second, hasher.SHA256, versionOf(2, 0))
	third := openCache(t, name)
	keep(third, hasher.SHA256, versionOf(3, 0))
	closeCache(t, third)
	closeCache(t, second)
	c := openCache(t, name)
	wantFound(t, c, hasher.SHA256, 3, 0, 3)
	wantFound(t, c, hasher.SHA1, 1, 0, 0)
	closeCache(t, c)
	wantAlone(t, dir, "cache")
}

// TestLeftovers: files that a removed cache or another database left are not used for
// the new one.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	source := t.TempDir()
	c := openCache(t, source+"/cache")
	keep(c, hasher.SHA1, versionOf(1, 0))
	waitForCommit(t, c)
	log, err := os.ReadFile(source + "/cache" + logSuffix)
	if err != nil || len(log) == 0 {
		t.Fatalf("a log of %d bytes, %v", len(log), err)
	}
	index, err := os.ReadFile(source + "/cache" + indexSuffix)
	if err != nil || len(index) == 0 {
		t.Fatalf("an index of %d bytes, %v", len(index), err)
	}
	closeCache(t, c)
	for _, test := range []struct {
		title, suffix string
		make          func(path string) error
		want          error
	}{
		{"log", logSuffix, func(path string) error { return os.WriteFile(path, log, 0o600) }, nil},
		{"empty log", logSuffix, func(path string) error { return os.WriteFile(path, nil, 0o600) }, nil},
		{"text", logSuffix, func(path string) error { return os.WriteFile(path, []byte("text"), 0o600) }, os.ErrExist},
		{"FIFO", logSuffix, func(path string) error { return unix.Mkfifo(path, 0o600) }, ErrUnsafe},
		{"directory", logSuffix, func(path string) error { return os.Mkdir(path, 0o700) }, ErrUnsafe},
		{"link", logSuffix, func(path string) error { return os.Symlink(source+"/cache", path) }, ErrUnsafe},
		{"index", indexSuffix, func(path string) error { return os.WriteFile(path, index, 0o600) }, nil},
		{"index without anything", indexSuffix, func(path string) error { return os.WriteFile(path, make([]byte, 32<<10), 0o600) }, nil},
		{"empty index", indexSuffix, func(path string) error { return os.WriteFile(path, nil, 0o600) }, nil},
		{"text for an index", indexSuffix, func(path string) error { return os.WriteFile(path, []byte("text"), 0o600) }, os.ErrExist},
		{"FIFO for an index", indexSuffix, func(path string) error { return unix.Mkfifo(path, 0o600) }, ErrUnsafe},
		{"link for an index", indexSuffix, func(path string) error { return os.Symlink(source+"/cache", path) }, ErrUnsafe},
		{"journal", journalSuffix, func(path string) error { return os.WriteFile(path, []byte("\xd9\xd5\x05\xf9"), 0o600) }, os.ErrExist},
	} {
		t.Run(test.title, func(t *testing.T) {
			dir := t.TempDir()
			name := dir + "/cache"
			if err := test.make(name + test.suffix); err != nil {
				t.Fatal(err)
			}
			c, err := Open(name)
			if !errors.Is(err, test.want) {
				t.Fatalf("Open = %v, want %v", err, test.want)
			}
			if err != nil {
				wantAlone(t, dir, "cache"+test.suffix)
				return
			}
			wantFound(t, c, hasher.SHA1, 1, 0, 0)
			closeCache(t, c)
			wantAlone(t, dir, "cache")
		})
	}
	// SQLite would replay a journal into the cache.
	if err := os.WriteFile(source+"/cache"+journalSuffix, []byte("\xd9\xd5\x05\xf9"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(source + "/cache"); err != ErrForeign {
		t.Errorf("with a journal: %v, want %v", err, ErrForeign)
	}
	wantAlone(t, source, "cache", "cache"+journalSuffix)
}

// TestMadeByManyAtOnce: concurrent processes create one cache.
func TestMadeByManyAtOnce(t *testing.T) {
	t.Parallel()
	for _, empty := range []bool{false, true} {
		dir := t.TempDir()
		name := dir + "/cache"
		if empty {
			os.WriteFile(name, nil, 0o600)
		}
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				c, err := Open(name)
				if err != nil {
					t.Error(err)
					return
				}
				keep(c, hasher.SHA1, versionOf(1+i, 0))
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		c := openCache(t, name)
		wantFound(t, c, hasher.SHA1, 8, 0, 8)
		closeCache(t, c)
		wantAlone(t, dir, "cache")
	}
}

// TestDirectoryHeld: a process doesn't wait indefinitely for the directory's lock, and
// creates nothing while it waits.
func TestDirectoryHeld(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	unlock, err := lockDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		opened := make(chan error, 1)
		go func() {
			_, err := Open(dir + "/cache")
			opened <- err
		}()
		synctest.Wait() // its first sleep
		wantAlone(t, dir)
		if err := <-opened; err != errBusy {
			t.Errorf("Open = %v, want %v", err, errBusy)
		}
		if waited := time.Since(begun); waited < busyTimeout || waited > 2*busyTimeout {
			t.Errorf("it waited for %v, want %v", waited, busyTimeout)
		}
	})
	wantAlone(t, dir)
	unlock()
	closeCache(t, openCache(t, dir+"/cache"))
	wantAlone(t, dir, "cache")
}
