//go:build amd64 || arm64

package cache

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
	"golang.org/x/sys/unix"
)

// TestModes: a cache and all its files are readable by its owner only, or by those that
// its mode allows.
func TestModes(t *testing.T) {
	name := filepath.Join(t.TempDir(), "cache")
	defer unix.Umask(unix.Umask(0))
	for _, want := range []os.FileMode{0o600, 0o640} {
		if want != 0o600 {
			os.Chmod(name, want)
		}
		c := openCache(t, name)
		for _, file := range c.Files() {
			if st, err := os.Stat(file); err != nil || st.Mode() != want {
				t.Errorf("%s: %v, %v, want %v", filepath.Base(file), st, err, want)
			}
		}
		keep(c, hasher.SHA1, versionOf(1, 0))
		closeCache(t, c)
	}
}
