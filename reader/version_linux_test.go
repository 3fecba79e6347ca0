package reader_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// unwritten reports what is known of a file by now.
func unwritten(t *testing.T, name string) bool {
	t.Helper()
	f, err := reader.Open(name, reader.Stat(name))
	if err != nil {
		t.Fatal(err)
	}
	defer closeFile(t, &f)
	return f.Unwritten()
}

// leased is a file of which it is known that nobody writes to it.
func leased(t *testing.T) (name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, random(5000), 0o600); err != nil {
		t.Fatal(err)
	}
	if !unwritten(t, name) {
		t.Skip("temporary files are on a file system without leases")
	}
	return name
}

// TestUnwritten: whoever may be writing to a file is seen, however it is open.
func TestUnwritten(t *testing.T) {
	noDescriptorLeft(t)
	name := leased(t)
	needLocalDisk(t, name) // an overlay maps another file in its place
	read := openAs(t, name, os.O_RDONLY)
	if !unwritten(t, name) {
		t.Error("a file that is open for reading isn't unwritten")
	}
	read.Close()
	for _, flags := range []int{os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND} {
		w := openAs(t, name, flags)
		if unwritten(t, name) {
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
	if unwritten(t, name) {
		t.Error("it is mapped, and may become writable")
	}
	if err := unix.Munmap(memory); err != nil {
		t.Fatal(err)
	}
	if !unwritten(t, name) {
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

// TestUnwrittenSwap: a file with the signature of a swap area may be one.
func TestUnwrittenSwap(t *testing.T) {
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
		{"SWAPSPACE2", page - 10, page, true}, // too small to be one
		{"SWAPSPACE2", page - 11, 2 * page, true},
		{"SWAPSPACE2", 0, 2 * page, true},
		{"SWAPSPACE", page - 10, 2 * page, true},
	} {
		data := make([]byte, test.size)
		copy(data[test.at:], test.signature)
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := unwritten(t, name); got != test.want {
			t.Errorf("%q at %d of %d bytes: %v", test.signature, test.at, test.size, got)
		}
	}
}
