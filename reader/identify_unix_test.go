//go:build unix

package reader_test

import (
	"os"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// TestIdentify: a directory is the same however it is called, and no other is.
func TestIdentify(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	dir := linked(t)
	os.MkdirAll(dir+"/real/sub", 0o700)
	os.Symlink(dir, dir+"/real/out")
	root := filetest.OpenDir(t, nil, dir, reader.Anything)
	want, err := root.Identify("real", reader.DirectoryID{})
	if err != nil || !want.Known() {
		t.Fatalf("%+v, %v", want, err)
	}
	for _, near := range []reader.DirectoryID{{}, want} {
		for _, name := range []string{"real", "./real//.", "dirlink", "dirlink/", "real/sub/..", "real/out/real", dir + "/dirlink"} {
			if id, err := root.Identify(name, near); id != want || err != nil {
				t.Errorf("Identify(%q) = %+v, %v, want %+v", name, id, err, want)
			}
		}
		for _, name := range []string{".", "real/sub", "..", "/", "/proc", "/dev"} {
			if id, err := root.Identify(name, near); id == want || err != nil {
				t.Errorf("Identify(%q) = %+v, %v", name, id, err)
			}
		}
		for name, want := range map[string]error{"real/x": unix.ENOTDIR, "filelink": unix.ENOTDIR, "missing": unix.ENOENT, "dangling": unix.ENOENT} {
			if id, err := root.Identify(name, near); id.Known() || err != want {
				t.Errorf("Identify(%q) = %+v, %v, want %v", name, id, err, want)
			}
		}
		beneath := filetest.OpenDir(t, nil, dir+"/real", reader.Beneath)
		for name, want := range map[string]error{"../real": reader.ErrDotDot, dir: reader.ErrAbsolute, "out": reader.ErrOutside, "out/real": reader.ErrOutside} {
			if id, err := beneath.Identify(name, near); id.Known() || err != want {
				t.Errorf("beneath, Identify(%q) = %+v, %v, want %v", name, id, err, want)
			}
		}
		if id, err := beneath.Identify(".", near); id != want || err != nil {
			t.Errorf("beneath, Identify(.) = %+v, %v, want %+v", id, err, want)
		}
		if _, err := filetest.OpenDir(t, nil, dir, reader.NoLinks).Identify("dirlink", near); err != unix.ELOOP {
			t.Errorf("without links: %v", err)
		}
		for path, known := range map[string]bool{"real": true, "real/sub": false} {
			var got reader.DirectoryID
			_, _, err := root.List(path, reader.Listing{Near: near, Identified: func(id reader.DirectoryID) { got = id }})
			if err != nil || (got == want) != known {
				t.Errorf("List(%q) tells %+v, %v, not %+v", path, got, err, want)
			}
		}
	}
}
