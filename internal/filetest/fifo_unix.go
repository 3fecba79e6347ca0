//go:build unix

package filetest

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// MakeFIFO creates a FIFO and returns its name.
func MakeFIFO(t testing.TB, name string) string {
	t.Helper()
	if err := unix.Mkfifo(name, 0o600); err != nil {
		t.Skip(err)
	}
	return name
}

// NewFIFO creates a FIFO in a directory of its own and returns its name.
func NewFIFO(t testing.TB) string {
	t.Helper()
	return MakeFIFO(t, filepath.Join(t.TempDir(), "fifo"))
}
