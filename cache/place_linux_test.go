//go:build amd64 || arm64

package cache

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
	"golang.org/x/sys/unix"
)

const (
	somebody = 12345 // neither our user nor root
	nobodyIn = 54321
)

// TestUnsafe: where other users could tamper with a cache, none is opened and nothing
// is changed.
func TestUnsafe(t *testing.T) {
	t.Parallel()
	give := func(path string) error {
		if os.Geteuid() != 0 {
			return errors.ErrUnsupported // only root can change a file's owner
		}
		return os.Lchown(path, somebody, nobodyIn)
	}
	empty := func(path string) error { return os.WriteFile(path, nil, 0o600) }
	for _, test := range []struct {
		title string
		make  func(dir, name string) error
		want  error
	}{
		{"nothing", func(dir, name string) error { return nil }, nil},
		{"group writes", func(dir, name string) error { return os.Chmod(dir, 0o770) }, nil},
		{"all write", func(dir, name string) error { return os.Chmod(dir, 0o707) }, ErrUnsafe},
		{"all write, sticky", func(dir, name string) error { return os.Chmod(dir, 0o777|os.ModeSticky) }, nil},
		{"directory of another", func(dir, name string) error { return give(dir) }, ErrUnsafe},
		{"file of another", func(dir, name string) error { return give(name) }, ErrUnsafe},
		{"log of another", func(dir, name string) error { return errors.Join(empty(name+logSuffix), give(name+logSuffix)) }, ErrUnsafe},
		{"index of another", func(dir, name string) error { return errors.Join(empty(name+indexSuffix), give(name+indexSuffix)) }, ErrUnsafe},
		{"two links", func(dir, name string) error { return os.Link(name, name+"2") }, ErrUnsafe},
		{"two links of the log", func(dir, name string) error {
			return errors.Join(empty(name+logSuffix), os.Link(name+logSuffix, name+"2"))
		}, ErrUnsafe},
		{"two links of the index", func(dir, name string) error {
			return errors.Join(empty(name+indexSuffix), os.Link(name+indexSuffix, name+"2"))
		}, ErrUnsafe},
		{"linked log", func(dir, name string) error { return os.Symlink(name+"2", name+logSuffix) }, ErrUnsafe},
		{"linked index", func(dir, name string) error { return os.Symlink(name+"2", name+indexSuffix) }, ErrUnsafe},
		{"FIFO for an index", func(dir, name string) error { return unix.Mkfifo(name+indexSuffix, 0o600) }, ErrUnsafe},
	} {
		t.Run(test.title, func(t *testing.T) {
			dir := t.TempDir()
			name := dir + "/cache"
			c := openCache(t, name)
			keep(c, hasher.SHA1, versionOf(1, 0))
			closeCache(t, c)
			switch err := test.make(dir, name); {
			case errors.Is(err, errors.ErrUnsupported):
				t.Skip("this takes root")
			case err != nil:
				t.Fatal(err)
			}
			there, err := filepath.Glob(dir + "/*")
			if err != nil {
				t.Fatal(err)
			}
			c, err = Open(name)
			if !errors.Is(err, test.want) {
				t.Fatalf("Open = %v, want %v", err, test.want)
			}
			if err == nil {
				wantFound(t, c, hasher.SHA1, 1, 0, 1)
				closeCache(t, c)
			}
			if now, _ := filepath.Glob(dir + "/*"); len(now) != len(there) {
				t.Errorf("%q became %q", there, now)
			}
		})
	}
}

// TestIndexExchanged repeatedly replaces the index with a link, as a user with write
// permission to the directory could. Its target must not change.
func TestIndexExchanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name, victim := dir+"/cache", dir+"/victim"
	c := openCache(t, name)
	closeCache(t, c)
	const secret = "secret"
	if err := errors.Join(os.Chmod(name, 0o666), os.WriteFile(victim, []byte(secret), 0o600)); err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			for _, suffix := range []string{indexSuffix, logSuffix} {
				os.Remove(dir + "/link")
				os.Symlink(victim, dir+"/link")
				os.Rename(dir+"/link", name+suffix)
				if n%2 == 0 {
					os.Remove(name + suffix)
				}
			}
		}
	}()
	for range 200 {
		c, err := Open(name) // may fail
		if err != nil {
			continue
		}
		keep(c, hasher.SHA1, versionOf(1, 0))
		_ = c.Close()
	}
	close(stop)
	<-stopped
	st, err := os.Stat(victim)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(victim); err != nil || string(data) != secret || st.Mode() != 0o600 {
		t.Errorf("%v, %q, %v", st.Mode(), data, err)
	}
}

// TestDirectoryExchanged: a cache stays in the directory in which it was opened,
// whatever the name leads to now.
func TestDirectoryExchanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"/one", "/two"} {
		if err := os.Mkdir(dir+name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("one", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	c := openCache(t, dir+"/link/cache")
	if err := errors.Join(os.Rename(dir+"/one", dir+"/three"), os.Symlink("two", dir+"/one")); err != nil {
		t.Fatal(err)
	}
	keep(c, hasher.SHA1, versionOf(1, 0)) // this opens the connection that stores
	closeCache(t, c)
	wantAlone(t, dir+"/two")
	wantAlone(t, dir+"/three", "cache")
	c = openCache(t, dir+"/three/cache")
	wantFound(t, c, hasher.SHA1, 1, 0, 1)
	closeCache(t, c)
}

// TestIndexCutOff: another process truncates the index, which we have mapped. The
// connections can't be closed then, and hold their locks until the process ends.
func TestIndexCutOff(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "cache")
	c := openCache(t, name)
	keep(c, hasher.SHA1, versionOf(1, 0))
	waitForCommit(t, c)
	if err := os.Truncate(name+indexSuffix, 0); err != nil {
		t.Fatal(err)
	}
	found(t, c, hasher.SHA1, 1, 100, 0)
	for i := range 100 {
		keep(c, hasher.SHA1, versionOf(1000+i, 0))
	}
	if err := c.Close(); !errors.Is(err, errIndex) {
		t.Errorf("Close = %v, want %v", err, errIndex)
	}
}
