//go:build unix

package reader_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/internal/large"
	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// types lists a directory, each entry once.
func types(t *testing.T, d *reader.Dir, path string, how reader.Listing) map[string]reader.Type {
	t.Helper()
	entries, _, err := d.List(path, how)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	got := map[string]reader.Type{}
	for _, e := range entries {
		if _, twice := got[e.Name]; twice {
			t.Errorf("%q is listed twice", e.Name)
		}
		got[e.Name] = e.Type
	}
	return got
}

// TestList: all kinds of files, as they are and as what links lead to.
func TestList(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	dir := t.TempDir()
	steps := []error{
		os.WriteFile(dir+"/file", nil, 0o600),
		os.Mkdir(dir+"/dir", 0o700),
		os.Symlink("file", dir+"/to file"),
		os.Symlink("dir", dir+"/to dir"),
		os.Symlink("fifo", dir+"/to fifo"),
		os.Symlink("/dev/null", dir+"/to device"),
		os.Symlink("to file", dir+"/to link"),
		os.Symlink("nowhere", dir+"/dangling"),
		os.Symlink("loop", dir+"/loop"),
		os.Symlink("file/x", dir+"/below file"),
		os.Rename(socket(t), dir+"/socket"),
	}
	filetest.MakeFIFO(t, dir+"/fifo")
	for _, err := range steps {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]reader.Type{
		"file": reader.RegularFile, "dir": reader.Directory, "fifo": reader.FIFO, "socket": reader.Socket,
		"to file": reader.Link, "to dir": reader.Link, "to fifo": reader.Link, "to device": reader.Link, "to link": reader.Link,
		"dangling": reader.Link, "loop": reader.Link, "below file": reader.Link,
	}
	followed := map[string]reader.Type{
		"to file": reader.RegularFile, "to dir": reader.Directory, "to fifo": reader.FIFO, "to device": reader.CharacterDevice,
		"to link": reader.RegularFile, "dangling": reader.Dangling, "loop": reader.Dangling, "below file": reader.Dangling,
	}
	for name, mode := range map[string]uint32{"char": unix.S_IFCHR, "block": unix.S_IFBLK} {
		if err := unix.Mknod(dir+"/"+name, mode|0o600, 0); err != nil {
			t.Log("no device is made here:", err)
			continue
		}
		want[name] = map[string]reader.Type{"char": reader.CharacterDevice, "block": reader.BlockDevice}[name]
	}
	d := filetest.OpenDir(t, nil, filepath.Dir(dir), reader.NoLinks)
	if got := types(t, d, filepath.Base(dir), reader.Listing{}); !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	maps.Copy(want, followed)
	d = filetest.OpenDir(t, nil, dir, reader.Anything)
	if got := types(t, d, "", reader.Listing{Follow: true}); !maps.Equal(got, want) {
		t.Errorf("followed\ngot  %v\nwant %v", got, want)
	}
}

// TestListInodes: the numbers are the files' own, or none.
func TestListInodes(t *testing.T) {
	dir := t.TempDir()
	for i := range 3 {
		os.WriteFile(fmt.Sprintf("%s/%d", dir, i), nil, 0o600)
		os.Symlink(fmt.Sprint(i), fmt.Sprintf("%s/link%d", dir, i))
	}
	for _, follow := range []bool{false, true} {
		d := filetest.OpenDir(t, nil, dir, reader.Anything)
		entries, id, err := d.List("", reader.Listing{Follow: follow})
		if err != nil || len(entries) != 6 {
			t.Fatalf("%d entries, %v", len(entries), err)
		}
		if id != reader.Stat(dir).ID {
			t.Errorf("the directory is %v, want %v", id, reader.Stat(dir).ID)
		}
		for _, e := range entries {
			if e.Type == reader.RegularFile && e.Inode != 0 && e.Inode != d.Stat(e.Name).ID.Inode {
				t.Errorf("%s, follow %v: %d, want %d", e.Name, follow, e.Inode, d.Stat(e.Name).ID.Inode)
			}
		}
	}
}

// TestListNames: names are bytes of any kind, and of any length, in any number.
func TestListNames(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	dir := t.TempDir()
	want := map[string]reader.Type{}
	for c := 1; c < 256; c++ {
		for _, name := range []string{string([]byte{byte(c)}), string([]byte{byte(c), 'a'}), strings.Repeat("n", c)} {
			if strings.Contains(name, "/") || name == "." {
				continue
			}
			if os.WriteFile(dir+"/"+name, nil, 0o600) == nil { // some systems want UTF-8
				want[name] = reader.RegularFile
			}
		}
	}
	want["..."], want[".. "] = reader.Directory, reader.Directory
	os.Mkdir(dir+"/...", 0o700)
	os.Mkdir(dir+"/.. ", 0o700)
	for i := range large.Or(1500, 4000) { // more than fits in one call
		name := fmt.Sprintf("%04d-%s", i, strings.Repeat("x", i%40))
		if err := os.WriteFile(dir+"/"+name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		want[name] = reader.RegularFile
	}
	d := filetest.OpenDir(t, nil, dir, reader.NoLinks)
	for _, path := range []string{"", ".", "./", ".//."} {
		if got := types(t, d, path, reader.Listing{}); !maps.Equal(got, want) {
			t.Errorf("%q: %d entries, want %d", path, len(got), len(want))
		}
	}
	for _, most := range []int{1, 100, len(want) - 1, len(want), len(want) + 1} {
		entries, id, err := d.List("", reader.Listing{Most: most})
		if most < len(want) && (err != reader.ErrTooMany || len(entries) > 0) || most >= len(want) && (err != nil || len(entries) != len(want)) {
			t.Errorf("at most %d: %d entries, %v", most, len(entries), err)
		}
		if id != reader.Stat(dir).ID {
			t.Errorf("at most %d: the ID is %v", most, id)
		}
	}
}

// TestListUnless: what is not wanted is not read.
func TestListUnless(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	dir := filepath.Dir(filetest.Write(t, nil))
	d := filetest.OpenDir(t, nil, dir, reader.NoLinks)
	for _, no := range []bool{false, true} {
		var asked []reader.ID
		entries, id, err := d.List("", reader.Listing{Unless: func(id reader.ID) bool { asked = append(asked, id); return no }})
		if err != nil || len(entries) == 0 != no || id != reader.Stat(dir).ID || len(asked) != 1 || asked[0] != id {
			t.Errorf("%v: %d entries, %v, %v; asked about %v", no, len(entries), id, err, asked)
		}
	}
}

// TestListErrors: the system's own errors, and nothing else but directories.
func TestListErrors(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	dir := t.TempDir()
	os.WriteFile(dir+"/file", nil, 0o600)
	filetest.MakeFIFO(t, dir+"/fifo")
	os.Mkdir(dir+"/real", 0o700)
	os.Symlink("real", dir+"/link")
	os.Symlink("loop", dir+"/loop")
	d := filetest.OpenDir(t, nil, dir, reader.Anything)
	strict := filetest.OpenDir(t, d, ".", reader.NoLinks)
	for _, test := range []struct {
		in   *reader.Dir
		path string
		want []error
	}{
		{d, "missing", []error{unix.ENOENT}},
		{d, "file", []error{unix.ENOTDIR}},
		{d, "fifo", []error{unix.ENOTDIR}}, // and nobody waits for a writer
		{d, "file/x", []error{unix.ENOTDIR}},
		{d, "loop", []error{unix.ELOOP}},
		{d, "link", []error{nil}},
		{strict, "real", []error{nil}},
		{strict, "link", []error{unix.ELOOP, unix.ENOTDIR}},
		{strict, "loop", []error{unix.ELOOP, unix.ENOTDIR}},
		{d, strings.Repeat("x", 256), []error{unix.ENAMETOOLONG}},
	} {
		entries, _, err := test.in.List(test.path, reader.Listing{})
		found := false
		for _, want := range test.want {
			found = found || err == want
		}
		if !found || len(entries) > 0 {
			t.Errorf("%.20q: %d entries, %v; want %v", test.path, len(entries), err, test.want)
		}
	}
}
