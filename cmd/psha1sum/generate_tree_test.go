//go:build unix

package main_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree is a directory of random files that cases share. Names are relative to it.
type tree struct {
	dir      string
	readable []string // what GNU sha1sum can hash
	others   []string // what gives some error, to root or to another user
	fifos    []string // each can be read once in a run, by whoever comes first
}

// fileSize returns a size around the blocks of SHA-1, its padding, the pages of the
// system, and the buffers of tools.
func (g generator) fileSize() int {
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

// tree makes a random tree in dir.
func (g generator) tree(t *testing.T, dir string) *tree {
	tr := &tree{dir: dir}
	for range 8 + g.IntN(16) {
		name := g.name()
		if exists(tr.path(name)) {
			continue
		}
		weighted(g, []choice[func(*testing.T, generator, string)]{
			{40, tr.addFile},
			{4, tr.addDirectory},
			{6, tr.addLink},
			{3, tr.addBrokenLink},
			{4, tr.addFIFO},
			{2, tr.addSocket},
			{3, tr.addUnreadable},
		})(t, g, name)
	}
	return tr
}

func (tr *tree) path(name string) string { return tr.dir + "/" + name }

func (tr *tree) addFile(t *testing.T, g generator, name string) {
	if err := os.WriteFile(tr.path(name), g.bytes(g.fileSize()), 0o644); err != nil {
		t.Logf("%q: %v", name, err) // some file systems refuse some names
		return
	}
	tr.readable = append(tr.readable, name)
}

func (tr *tree) addDirectory(t *testing.T, g generator, name string) {
	if err := os.Mkdir(tr.path(name), 0o755); err != nil {
		return
	}
	tr.others = append(tr.others, name, name+"/", name+"/missing")
	tr.addFile(t, g, name+"/"+g.name())
}

// addLink makes a symbolic link to something that exists. A link to a FIFO is
// another name for what can be read once, so there are none.
func (tr *tree) addLink(t *testing.T, g generator, name string) {
	if len(tr.readable) == 0 {
		return
	}
	target := pick(g, tr.readable...)
	if os.Symlink(filepath.Join(tr.dir, target), tr.path(name)) == nil {
		tr.readable = append(tr.readable, name)
	}
}

func (tr *tree) addBrokenLink(_ *testing.T, g generator, name string) {
	target := pick(g, "missing", name, "../"+filepath.Base(tr.dir)+"/"+name, ".", "/")
	if os.Symlink(target, tr.path(name)) == nil {
		tr.others = append(tr.others, name)
	}
}

// addFIFO gives a FIFO a name that no damaged manifest contains by chance.
func (tr *tree) addFIFO(t *testing.T, g generator, _ string) {
	name := fmt.Sprintf("fifo%016x%s", g.Uint64(), pick(g, "", " x", "\n", "'", "\xff"))
	mkfifo(t, tr.path(name))
	tr.fifos = append(tr.fifos, name)
}

// addSocket makes a socket. Their paths are short, hence the detour.
func (tr *tree) addSocket(t *testing.T, _ generator, name string) {
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
	if os.Rename(short+"/s", tr.path(name)) == nil {
		tr.others = append(tr.others, name)
	}
}

// addUnreadable makes a file or a directory without permissions. To root it is as
// good as any other.
func (tr *tree) addUnreadable(t *testing.T, g generator, name string) {
	if g.chance(50) {
		if os.WriteFile(tr.path(name), g.bytes(9), 0) == nil {
			tr.others = append(tr.others, name)
		}
		return
	}
	if os.Mkdir(tr.path(name), 0o755) != nil {
		return
	}
	write(t, tr.dir, name+"/inside", "hidden")
	if err := os.Chmod(tr.path(name), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(tr.path(name), 0o755) }) // so that it can be removed
	tr.others = append(tr.others, name, name+"/inside")
}

// strangers are names beyond the tree: devices, files of the kernel that don't
// know their size, names too long, no name at all.
func (tr *tree) strangers() []string {
	names := []string{
		"", ".", "..", "/", "missing", "./missing", "missing/", "-/", "./-",
		os.DevNull, "/dev/tty", "/dev/full/x", strings.Repeat("n", 256), strings.Repeat("long/", 1000),
	}
	if len(tr.readable) > 0 {
		names = append(names, tr.readable[0]+"/", tr.readable[0]+"/x", "./"+tr.readable[0], tr.path(tr.readable[0]))
	}
	for _, name := range []string{
		"/proc/version", "/proc/filesystems", "/proc/self/mem", "/proc/sys/kernel/ostype",
		"/sys/kernel/mm/transparent_hugepage/enabled",
	} {
		if exists(name) {
			names = append(names, name)
		}
	}
	return names
}

// stdinNames are ways to spell standard input that are opened like files.
var stdinNames = []string{"/dev/stdin", "/dev/fd/0", "//dev/./stdin"}
