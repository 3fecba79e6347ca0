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

// Tree is a directory of random files that cases share. Names are relative to it.
type Tree struct {
	Dir      string
	Readable []string // what GNU sha1sum can hash
	Others   []string // what gives some error, to root or to another user
	FIFOs    []string // each can be read once in a run, by whoever comes first
}

// FileSize returns a size around the blocks of SHA-1, its padding, the pages of the
// system, and the buffers of tools.
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

// Path is what a file of the tree is called from elsewhere.
func (tr *Tree) Path(name string) string { return tr.Dir + "/" + name }

// AddFile makes a file that can be read, of a random size.
func (tr *Tree) AddFile(t *testing.T, g Generator, name string) {
	if err := os.WriteFile(tr.Path(name), g.Bytes(g.FileSize()), 0o644); err != nil {
		t.Logf("%q: %v", name, err) // some file systems refuse some names
		return
	}
	tr.Readable = append(tr.Readable, name)
}

// AddDirectory makes a directory with a file in it.
func (tr *Tree) AddDirectory(t *testing.T, g Generator, name string) {
	if err := os.Mkdir(tr.Path(name), 0o755); err != nil {
		return
	}
	tr.Others = append(tr.Others, name, name+"/", name+"/missing")
	tr.AddFile(t, g, name+"/"+g.Name())
}

// addLink makes a symbolic link to something that exists. A link to a FIFO is
// another name for what can be read once, so there are none.
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

// addFIFO gives a FIFO a name that no damaged manifest contains by chance.
func (tr *Tree) addFIFO(t *testing.T, g Generator, _ string) {
	name := fmt.Sprintf("fifo%016x%s", g.Uint64(), Pick(g, "", " x", "\n", "'", "\xff"))
	MakeFIFO(t, tr.Path(name))
	tr.FIFOs = append(tr.FIFOs, name)
}

// addSocket makes a socket. Their paths are short, hence the detour.
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

// AddUnreadable makes a file or a directory without permissions. To root it is as
// good as any other.
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

// Strangers are names beyond the tree: devices, files of the kernel that don't
// know their size, names too long, no name at all.
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

// StdinNames are ways to spell standard input that are opened like files.
var StdinNames = []string{"/dev/stdin", "/dev/fd/0", "//dev/./stdin"}
