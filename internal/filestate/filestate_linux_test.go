package filestate_test

import (
	"io"
	"os"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filestate"
	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// hasNoWriters opens a file and calls HasNoWriters.
func hasNoWriters(t *testing.T, name string) bool {
	t.Helper()
	f, err := reader.Open(name, reader.Stat(name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return filestate.HasNoWriters(&f)
}

// leased returns a file that is known to have no writers.
func leased(t *testing.T) (name string) {
	t.Helper()
	name = filetest.Write(t, filetest.Random(5000))
	if !hasNoWriters(t, name) {
		t.Skip("temporary files are on a file system without leases")
	}
	return name
}

// TestHasNoWriters checks that every possible writer is detected, however it has the file
// open.
func TestHasNoWriters(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	name := leased(t)
	filetest.NeedLocalDisk(t) // an overlay maps another file in its place
	read := openAs(t, name, os.O_RDONLY)
	if !hasNoWriters(t, name) {
		t.Error("a file that is open for reading has a writer")
	}
	read.Close()
	for _, flags := range []int{os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND} {
		w := openAs(t, name, flags)
		if hasNoWriters(t, name) {
			t.Errorf("flags %#x: it is open for writing", flags)
		}
		w.Close()
	}
	w := openAs(t, name, os.O_RDWR)
	memory, err := unix.Mmap(int(w.Fd()), 0, 5000, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	if hasNoWriters(t, name) {
		t.Error("it is mapped, and may become writable")
	}
	if err := unix.Munmap(memory); err != nil {
		t.Fatal(err)
	}
	if !hasNoWriters(t, name) {
		t.Error("nobody has it any more")
	}
}

func openAs(t *testing.T, name string, flags int) *os.File {
	t.Helper()
	f, err := os.OpenFile(name, flags, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestHasNoWritersSwap checks that a file with the signature of a swap area may have
// writers.
func TestHasNoWritersSwap(t *testing.T) {
	name := leased(t)
	page := os.Getpagesize()
	for _, test := range []struct {
		signature string
		at, size  int
		want      bool
	}{
		{"SWAPSPACE2", page - 10, 10 * page, false},
		{"SWAPSPACE2", page - 10, 2 * page, false},
		{"SWAP-SPACE", page - 10, 2 * page, false},
		{"S1SUSPEND\x00", page - 10, 2 * page, false},
		{"SWAPSPACE2", page - 10, page, true}, // too small for a swap area
		{"SWAPSPACE2", page - 11, 2 * page, true},
		{"SWAPSPACE2", 0, 2 * page, true},
		{"SWAPSPACE", page - 10, 2 * page, true},
	} {
		data := make([]byte, test.size)
		copy(data[test.at:], test.signature)
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := hasNoWriters(t, name); got != test.want {
			t.Errorf("%q at %d of %d bytes: %v", test.signature, test.at, test.size, got)
		}
	}
}

// TestState checks that a state identifies the contents as long as the file isn't
// changed.
func TestState(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	name := filetest.Write(t, filetest.Random(1000))
	f, err := reader.Open(name, reader.Info{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	on, err := filestate.FileSystemOf(&f)
	if err != nil || !on.TrustedTimes {
		t.Skipf("no times are believed of temporary files, %v", err)
	}
	info, err := f.Look()
	if err != nil {
		t.Fatal(err)
	}
	v := filestate.Of(&info, on)
	if v.IsWhole(&f) {
		t.Error("it is whole before it was read")
	}
	if _, err := io.ReadAll(&f); err != nil {
		t.Fatal(err)
	}
	if !v.IsWhole(&f) {
		t.Errorf("it isn't %+v", v)
	}
	for title, other := range map[string]filestate.State{
		"size":         {FileSystem: on, ID: v.ID, Size: 999, Modified: v.Modified, Changed: v.Changed},
		"inode":        {FileSystem: on, ID: reader.ID{Device: v.ID.Device, Inode: v.ID.Inode + 1}, Size: v.Size, Modified: v.Modified, Changed: v.Changed},
		"modification": {FileSystem: on, ID: v.ID, Size: v.Size, Modified: v.Modified + 1, Changed: v.Changed},
		"change":       {FileSystem: on, ID: v.ID, Size: v.Size, Modified: v.Modified, Changed: v.Changed - 1},
		"file system":  {FileSystem: filestate.FileSystem{ID: on.ID + 1, TrustedTimes: true}, ID: v.ID, Size: v.Size, Modified: v.Modified, Changed: v.Changed},
	} {
		if other.IsWhole(&f) {
			t.Errorf("it is one with another %s", title)
		}
	}
	// Within a clock tick the timestamp doesn't change.
	for before := v.Changed; info.Changed == before; {
		if err := os.Chmod(name, 0o600); err != nil {
			t.Fatal(err)
		}
		if info, err = f.Look(); err != nil {
			t.Fatal(err)
		}
	}
	if v.IsWhole(&f) {
		t.Errorf("it is still %+v", v)
	}
	// Timestamps of the kernel's own files are meaningless.
	p, err := reader.Open("/proc/version", reader.Info{})
	if err != nil {
		t.Skip(err)
	}
	defer p.Close()
	if on, err := filestate.FileSystemOf(&p); err != nil || on.TrustedTimes {
		t.Errorf("/proc: %+v, %v", on, err)
	}
}
