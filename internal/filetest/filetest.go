// Package filetest has helpers for tests of packages that read files: files, FIFOs,
// directories, descriptor limits, and a check that everything was closed.
package filetest

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filestate"
	"github.com/psha1sum/psha1sum/reader"
)

// Random returns n pseudo-random bytes, the same each time.
func Random(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n), byte(n >> 8)}).Read(b)
	return b
}

// Write creates a file and returns its name.
func Write(t testing.TB, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// Symlink creates a symbolic link.
func Symlink(t testing.TB, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
}

// OpenDir opens a directory until the test ends.
func OpenDir(t testing.TB, in *reader.Dir, name string, rule reader.Rule) *reader.Dir {
	t.Helper()
	d, err := reader.OpenDir(in, name, rule)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// NeedLocalDisk skips a test if temporary files aren't on a local disk (see
// reader.LocalDisks) but, for example, on an overlay, as in a container.
func NeedLocalDisk(t testing.TB) {
	t.Helper()
	f := open(t)
	defer f.Close()
	var disks reader.LocalDisks
	disks.Learn(f)
	if info, err := f.Look(); err != nil || !disks.Has(info.ID.Device) {
		t.Skip("temporary files are on no local disk of a known kind")
	}
}

// NeedTrustedTimes skips a test if the timestamps of temporary files aren't trusted (see
// filestate.FileSystem).
func NeedTrustedTimes(t testing.TB) {
	t.Helper()
	f := open(t)
	defer f.Close()
	if on, err := filestate.FileSystemOf(f); err != nil || !on.TrustedTimes {
		t.Skipf("no times are believed of temporary files, %v", err)
	}
}

// open opens a temporary file.
func open(t testing.TB) *reader.File {
	t.Helper()
	name := Write(t, Random(1))
	f, err := reader.Open(name, reader.Stat(name))
	if err != nil {
		t.Fatal(err)
	}
	return &f
}
