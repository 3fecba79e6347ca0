//go:build unix

package clitest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A Tree is a directory of random files that cases share. Names are relative to it.
type Tree struct {
	Dir      string
	Readable []string // files that GNU sha1sum can hash
	Others   []string // files that cause an error, for root or for another user
	FIFOs    []string // FIFOs; each can be read once per run, by its first reader
}

// FileSize returns a random size near a multiple of SHA-1's blocks, its padding, pages,
// or the buffers of tools.
func (g Generator) FileSize() int {
	switch n := g.IntN(100); {
	case n < 30:
		return g.IntN(3)
	case n < 50:
		return 55 + g.IntN(11)
	case n < 60:
		return 119 + g.IntN(11)
	case n < 70:
		return 4095 + g.IntN(3)
	case n < 76:
		return 32767 + g.IntN(3)
	case n < 86:
		return 131071 + g.IntN(3)
	case n < 92:
		return 262143 + g.IntN(3)
	case n < 99:
		return g.IntN(70000)
	default:
		return 1<<20 + g.IntN(4<<20)
	}
}

// Tree makes a random tree in dir.
func (g Generator) Tree(t *testing.T, dir string) *Tree {
	tr := &Tree{Dir: dir}
	for range 8 + g.IntN(16) {
		name := g.Name()
		if Exists(tr.Path(name)) {
			continue
		}
		Weighted(g, []Choice[func(*testing.T, Generator, string)]{
			{40, tr.AddFile},
			{4, tr.AddDirectory},
			{6, tr.addLink},
			{3, tr.addBrokenLink},
			{4, tr.addFIFO},
			{2, tr.addSocket},
			{3, tr.AddUnreadable},
		})(t, g, name)
	}
	return tr
}

// Path returns the path of a file in the tree.
func (tr *Tree) Path(name string) string { return tr.Dir + "/" + name }

// AddFile creates a readable file of a random size.
func (tr *Tree) AddFile(t *testing.T, g Generator, name string) {
	if err := os.WriteFile(tr.Path(name), g.Bytes(g.FileSize()), 0o644); err != nil {
		t.Logf("%q: %v", name, err) // some file systems reject some names
		return
	}
	tr.Readable = append(tr.Readable, name)
}

// AddDirectory creates a directory with a file in it.
func (tr *Tree) AddDirectory(t *testing.T, g Generator, name string) {
	if err := os.Mkdir(tr.Path(name), 0o755); err != nil {
		return
	}
	tr.Others = append(tr.Others, name, name+"/", name+"/missing")
	tr.AddFile(t, g, name+"/"+g.Name())
}

// addLink creates a symbolic link to an existing file, but not to a FIFO, which can be
// read only once.
func (tr *Tree) addLink(t *testing.T, g Generator, name string) {
	if len(tr.Readable) == 0 {
		return
	}
	target := Pick(g, tr.Readable...)
	if os.Symlink(filepath.Join(tr.Dir, target), tr.Path(name)) == nil {
		tr.Readable = append(tr.Readable, name)
	}
}

func (tr *Tree) addBrokenLink(_ *testing.T, g Generator, name string) {
	target := Pick(g, "missing", name, "../"+filepath.Base(tr.Dir)+"/"+name, ".", "/")
	if os.Symlink(target, tr.Path(name)) == nil {
		tr.Others = append(tr.Others, name)
	}
}

// addFIFO creates a FIFO with a name that no damaged manifest contains by chance.
func (tr *Tree) addFIFO(t *testing.T, g Generator, _ string) {
	name := fmt.Sprintf("fifo%016x%s", g.Uint64(), Pick(g, "", " x", "\n", "'", "\xff"))
	MakeFIFO(t, tr.Path(name))
	tr.FIFOs = append(tr.FIFOs, name)
}

// addSocket creates a socket. It does so by a short path, since their length is limited.
func (tr *Tree) addSocket(t *testing.T, _ Generator, name string) {
	short, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(short)
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: short + "/s", Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	socket.SetUnlinkOnClose(false)
	defer socket.Close()
	if os.Rename(short+"/s", tr.Path(name)) == nil {
		tr.Others = append(tr.Others, name)
	}
}

// AddUnreadable creates a file or a directory without permissions. Root can read it like
// any other.
func (tr *Tree) AddUnreadable(t *testing.T, g Generator, name string) {
	if g.Chance(50) {
		if os.WriteFile(tr.Path(name), g.Bytes(9), 0) == nil {
			tr.Others = append(tr.Others, name)
		}
		return
	}
	if os.Mkdir(tr.Path(name), 0o755) != nil {
		return
	}
	Write(t, tr.Dir, name+"/inside", "hidden")
	if err := os.Chmod(tr.Path(name), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(tr.Path(name), 0o755) }) // so that it can be removed
	tr.Others = append(tr.Others, name, name+"/inside")
}

// Strangers returns names of files outside the tree: devices, files of the kernel without
// a size, names that are too long, and the empty name.
func (tr *Tree) Strangers() []string {
	names := []string{
		"", ".", "..", "/", "missing", "./missing", "missing/", "-/", "./-",
		os.DevNull, "/dev/tty", "/dev/full/x", strings.Repeat("n", 256), strings.Repeat("long/", 1000),
	}
	if len(tr.Readable) > 0 {
		names = append(names, tr.Readable[0]+"/", tr.Readable[0]+"/x", "./"+tr.Readable[0], tr.Path(tr.Readable[0]))
	}
	for _, name := range []string{
		"/proc/version", "/proc/filesystems", "/proc/self/mem", "/proc/sys/kernel/ostype",
		"/sys/kernel/mm/transparent_hugepage/enabled",
	} {
		if Exists(name) {
			names = append(names, name)
		}
	}
	return names
}

// StdinNames are names of standard input that are opened like files.
var StdinNames = []string{"/dev/stdin", "/dev/fd/0", "//dev/./stdin"}
