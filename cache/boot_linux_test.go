//go:build amd64 || arm64

package cache

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
)

// TestBoot: the digest of a file that had just changed is valid until the next boot,
// that of an older file always.
func TestBoot(t *testing.T) {
	if bootNow() == anyBoot {
		t.Fatal("it isn't known which boot this is")
	}
	if was := bootNow(); was != bootNow() {
		t.Error("it is another boot each time")
	}
	name := filepath.Join(t.TempDir(), "cache")
	now := time.Now()
	young, old := versionOf(1, 0), versionOf(2, 0)
	young.Changed = now.Add(-writtenBack + time.Second).UnixNano()
	old.Changed = now.Add(-writtenBack).UnixNano()
	c := openCache(t, name)
	c.Keep(hasher.SHA1, young, now, digestOf(hasher.SHA1, young))
	c.Keep(hasher.SHA1, old, now, digestOf(hasher.SHA1, old))
	knows := func(wantYoung bool) {
		t.Helper()
		later := now.Add(time.Hour)
		if _, ok := c.Find(nil, hasher.SHA1, young, later); ok != wantYoung {
			t.Errorf("the young file's digest is believed: %v, want %v", ok, wantYoung)
		}
		if _, ok := c.Find(nil, hasher.SHA1, old, later); !ok {
			t.Error("the old file's digest isn't believed")
		}
	}
	knows(true)
	closeCache(t, c)
	c = openCache(t, name)
	knows(true)
	c.boot++
	knows(false)
	// It is kept again, and by now without a boot.
	c.Keep(hasher.SHA1, young, now.Add(writtenBack), digestOf(hasher.SHA1, young))
	knows(true)
	closeCache(t, c)
	c = openCache(t, name)
	c.boot += 2
	knows(true)
	c.boot = anyBoot
	c.Keep(hasher.SHA1, young, now, digestOf(hasher.SHA1, versionOf(3, 0)))
	if digest, _ := c.Find(nil, hasher.SHA1, young, now); string(digest) != string(digestOf(hasher.SHA1, young)) {
		t.Error("a young file's digest is remembered without a word of the boot")
	}
	closeCache(t, c)
}
