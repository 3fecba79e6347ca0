//go:build unix

package reader_test

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// TestFolder: names are looked up in the folder, also after it was renamed, and
// absolute ones where they are.
func TestFolder(t *testing.T) {
	noDescriptorLeft(t)
	dir := t.TempDir()
	os.MkdirAll(dir+"/old/sub", 0o700)
	os.WriteFile(dir+"/old/sub/x", random(9), 0o600)
	d := folder(t, folder(t, nil, dir, reader.Anything), "old", reader.Anything)
	if err := os.Rename(dir+"/old", dir+"/new"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sub/x", "./sub//x", "../new/sub/x", dir + "/new/sub/x"} {
		info := d.Stat(name)
		if info.Kind != reader.Plain || info.Size != 9 {
			t.Errorf("Stat(%q) = %+v", name, info)
		}
		for _, info := range []reader.Info{info, reader.Listed()} {
			f, err := d.Open(name, info)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if f.Size() != 9 {
				t.Errorf("Size = %d", f.Size())
			}
			if data, err := drain(&f, 100); err != nil || !bytes.Equal(data, random(9)) {
				t.Errorf("%s: %d bytes, %v", name, len(data), err)
			}
			closeFile(t, &f)
		}
	}
	for name, want := range map[string]error{"missing": unix.ENOENT, "sub/x": unix.ENOTDIR, "": unix.ENOENT} {
		if _, err := reader.OpenFolder(d, name, reader.Anything); err != want {
			t.Errorf("OpenFolder(%q) = %v, want %v", name, err, want)
		}
	}
}

// linked makes a folder with links of all kinds to the file "real/x".
func linked(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	os.Mkdir(dir+"/real", 0o700)
	os.WriteFile(dir+"/real/x", random(50), 0o600)
	os.Symlink("real", dir+"/dirlink")
	os.Symlink("real/x", dir+"/filelink")
	os.Symlink("x", dir+"/real/inner")
	os.Symlink("missing", dir+"/dangling")
	return dir
}

// TestNoLinks: a link is refused wherever it stands in a name, and nothing else.
func TestNoLinks(t *testing.T) {
	noDescriptorLeft(t)
	dir := linked(t)
	d := folder(t, nil, dir, reader.NoLinks)
	f, err := d.Open("real/x", reader.Listed())
	if err != nil {
		t.Fatal(err)
	}
	closeFile(t, &f)
	for _, name := range []string{"dirlink/x", "filelink", "real/inner", "dirlink/inner", "dangling", "dirlink/../real/x"} {
		for _, info := range []reader.Info{reader.Listed(), infoPlain, {}} {
			if f, err := d.Open(name, info); err != unix.ELOOP {
				t.Errorf("%s: %v, want %v", name, err, unix.ELOOP)
				if err == nil {
					closeFile(t, &f)
				}
			}
		}
	}
	// The folder itself is opened by the rules of the one it is opened in.
	folder(t, nil, dir+"/dirlink", reader.NoLinks)
	if _, err := reader.OpenFolder(d, "dirlink", reader.Anything); err != unix.ELOOP && err != unix.ENOTDIR {
		t.Errorf("OpenFolder = %v", err)
	}
}

// TestListedSwapped: what a directory listed as a regular file and is none any
// more is not read, and not waited for.
func TestListedSwapped(t *testing.T) {
	noDescriptorLeft(t)
	dir := t.TempDir()
	makeFIFO(t, dir+"/fifo")
	os.Mkdir(dir+"/dir", 0o700)
	os.Rename(socket(t), dir+"/socket")
	os.Symlink("fifo", dir+"/link")
	os.Symlink("/dev/zero", dir+"/device")
	d := folder(t, nil, dir, reader.Anything)
	for name, want := range map[string]error{
		"fifo": reader.ErrNotRegular, "dir": reader.ErrNotRegular, "link": reader.ErrNotRegular, "device": reader.ErrNotRegular,
		"socket": unix.ENXIO, "gone": unix.ENOENT,
	} {
		start := time.Now()
		if _, err := d.Open(name, reader.Listed()); err != want {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%s: waited %v", name, took)
		}
	}
}
