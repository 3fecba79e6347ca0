//go:build unix

package reader_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// TestDirectory: names are looked up in the directory, also after it was renamed, and
// absolute ones where they are.
func TestDirectory(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	dir := t.TempDir()
	os.MkdirAll(dir+"/old/sub", 0o700)
	os.WriteFile(dir+"/old/sub/x", filetest.Random(9), 0o600)
	d := filetest.OpenDir(t, filetest.OpenDir(t, nil, dir, reader.Anything), "old", reader.Anything)
	if err := os.Rename(dir+"/old", dir+"/new"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sub/x", "./sub//x", "../new/sub/x", dir + "/new/sub/x"} {
		info := d.Stat(name)
		if info.Kind != reader.Plain || info.Size != 9 {
			t.Errorf("Stat(%q) = %+v", name, info)
		}
		for _, info := range []reader.Info{info, reader.FromDirent()} {
			f, err := d.Open(name, info)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if f.Size() != 9 {
				t.Errorf("Size = %d", f.Size())
			}
			if data, err := drain(&f, 100); err != nil || !bytes.Equal(data, filetest.Random(9)) {
				t.Errorf("%s: %d bytes, %v", name, len(data), err)
			}
			closeFile(t, &f)
		}
	}
	for name, want := range map[string]error{"missing": unix.ENOENT, "sub/x": unix.ENOTDIR, "": unix.ENOENT} {
		if _, err := reader.OpenDir(d, name, reader.Anything); err != want {
			t.Errorf("OpenDir(%q) = %v, want %v", name, err, want)
		}
	}
}

// linked makes a directory with links of all kinds to the file "real/x".
func linked(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	os.Mkdir(dir+"/real", 0o700)
	os.WriteFile(dir+"/real/x", filetest.Random(50), 0o600)
	os.Symlink("real", dir+"/dirlink")
	os.Symlink("real/x", dir+"/filelink")
	os.Symlink("x", dir+"/real/inner")
	os.Symlink("missing", dir+"/dangling")
	return dir
}

// TestNoLinks: a link is refused wherever it stands in a name, and nothing else,
// whoever looks.
func TestNoLinks(t *testing.T) {
	eachWay(t, func(t *testing.T) {
		dir := linked(t)
		d := filetest.OpenDir(t, nil, dir, reader.NoLinks)
		for _, name := range []string{"real/x", "./real//x", "real/../real/./x", dir + "/real/x"} {
			wantSeen(t, d, name)
		}
		for _, name := range []string{
			"dirlink/x", "filelink", "real/inner", "dirlink/inner", "dangling", "dirlink/../real/x", "dirlink//x",
			"./dirlink/./x", dir + "/dirlink/x", "real/../filelink",
		} {
			wantUnseen(t, d, name, unix.ELOOP)
		}
		for name, want := range map[string]error{
			"": unix.ENOENT, "missing": unix.ENOENT, "missing/x": unix.ENOENT, "real/missing": unix.ENOENT,
			"real/x/": unix.ENOTDIR, "real/x/y": unix.ENOTDIR, "real/x/.": unix.ENOTDIR,
			strings.Repeat("./", 1<<15) + "real/x": unix.ENAMETOOLONG,
		} {
			wantUnseen(t, d, name, want)
		}
		for _, name := range []string{"dirlink", "dirlink/", "dirlink/.", "real/../dirlink"} {
			if _, _, err := d.List(name, reader.Listing{}); err != unix.ELOOP {
				t.Errorf("List(%q): %v", name, err)
			}
			if _, err := reader.OpenDir(d, name, reader.Anything); err != unix.ELOOP {
				t.Errorf("OpenDir(%q): %v", name, err)
			}
		}
		for _, name := range []string{"real", "real/", ".", "real/.", "", dir} {
			if _, _, err := d.List(name, reader.Listing{}); err != nil {
				t.Errorf("List(%q): %v", name, err)
			}
		}
		// The directory itself is opened by the rules of the one it is opened in.
		filetest.OpenDir(t, nil, dir+"/dirlink", reader.NoLinks)
	})
}

// wantSeen wants a file of 50 bytes to be found by everyone who looks for it.
func wantSeen(t *testing.T, d *reader.Dir, name string) {
	t.Helper()
	for _, info := range []reader.Info{reader.FromDirent(), infoPlain, {}} {
		f, err := d.Open(name, info)
		if err != nil {
			t.Errorf("Open(%q): %v", name, err)
			continue
		}
		closeFile(t, &f)
	}
	if info, err := d.Look(name); err != nil || info.Size != 50 || info != d.Stat(name) {
		t.Errorf("Look(%q) = %+v, %v", name, info, err)
	}
	if details, err := d.Details(name); err != nil || details.Size != 50 {
		t.Errorf("Details(%q) = %+v, %v", name, details, err)
	}
	var l reader.DirCache
	defer l.Close()
	if info, err := l.Look(d, name, time.Now()); err != errors.ErrUnsupported && (err != nil || info.Size != 50) {
		t.Errorf("DirCache.Look(%q) = %+v, %v", name, info, err)
	}
}

// wantUnseen wants everyone who looks for a file to be told the same.
func wantUnseen(t *testing.T, d *reader.Dir, name string, want error) {
	t.Helper()
	for _, info := range []reader.Info{reader.FromDirent(), infoPlain, {}} {
		f, err := d.Open(name, info)
		if err != want {
			t.Errorf("Open(%.60q): %v, want %v", name, err, want)
		}
		if err == nil {
			closeFile(t, &f)
		}
	}
	if info, err := d.Look(name); err != want || info.ID != (reader.ID{}) || d.Stat(name).ID != (reader.ID{}) {
		t.Errorf("Look(%.60q) = %+v, %v, want %v", name, info, err, want)
	}
	if details, err := d.Details(name); err != want {
		t.Errorf("Details(%.60q) = %+v, %v, want %v", name, details, err, want)
	}
	var l reader.DirCache
	defer l.Close()
	if info, err := l.Look(d, name, time.Now()); err != want && err != errors.ErrUnsupported {
		t.Errorf("DirCache.Look(%.60q) = %+v, %v, want %v", name, info, err, want)
	}
}

// TestNoLinksExchanged: a directory that was found, and has a link in its place by
// now, leads nowhere, although directories are kept open for a moment.
func TestNoLinksExchanged(t *testing.T) {
	eachWay(t, func(t *testing.T) {
		dir, outside := t.TempDir(), t.TempDir()
		for _, path := range []string{dir + "/d/sub/x", outside + "/sub/x"} {
			os.MkdirAll(filepath.Dir(path), 0o700)
		}
		os.WriteFile(dir+"/d/sub/x", filetest.Random(50), 0o600)
		os.WriteFile(outside+"/sub/x", filetest.Random(99), 0o600)
		d := filetest.OpenDir(t, nil, dir, reader.NoLinks)
		wantSeen(t, d, "d/sub/x")
		for _, err := range []error{os.Rename(dir+"/d", dir+"/aside"), os.Symlink(outside, dir+"/d")} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if f, err := d.Open("d/sub/x", reader.FromDirent()); err == nil { // by the directory that was found
			if f.Size() != 50 {
				t.Errorf("%d bytes", f.Size())
			}
			closeFile(t, &f)
		}
		if _, _, err := d.List("d/sub", reader.Listing{}); err != unix.ELOOP {
			t.Errorf("List: %v", err)
		}
		wantUnseen(t, filetest.OpenDir(t, nil, dir, reader.NoLinks), "d/sub/x", unix.ELOOP)
		for begun := time.Now(); ; {
			f, err := d.Open("d/sub/x", reader.FromDirent())
			if err == unix.ELOOP {
				break
			}
			if err != nil || f.Size() != 50 || time.Since(begun) > time.Minute {
				t.Fatalf("%d bytes, %v", f.Size(), err)
			}
			closeFile(t, &f)
		}
		wantUnseen(t, d, "d/sub/x", unix.ELOOP)
	})
}

// TestListedSwapped: what a directory listed as a regular file and is none any
// more is not read, and not waited for.
func TestListedSwapped(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	dir := t.TempDir()
	filetest.MakeFIFO(t, dir+"/fifo")
	os.Mkdir(dir+"/dir", 0o700)
	os.Rename(socket(t), dir+"/socket")
	os.Symlink("fifo", dir+"/link")
	os.Symlink("/dev/zero", dir+"/device")
	d := filetest.OpenDir(t, nil, dir, reader.Anything)
	for name, want := range map[string]error{
		"fifo": reader.ErrNotRegular, "dir": reader.ErrNotRegular, "link": reader.ErrNotRegular, "device": reader.ErrNotRegular,
		"socket": unix.ENXIO, "gone": unix.ENOENT,
	} {
		start := time.Now()
		if _, err := d.Open(name, reader.FromDirent()); err != want {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%s: waited %v", name, took)
		}
	}
}
