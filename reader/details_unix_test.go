//go:build unix

package reader_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/reader"
)

// TestDetails looks at one of each kind, in a directory and from the working
// directory. Nobody opens the FIFO, or that would wait.
func TestDetails(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("12345"), 0o640); err != nil {
		t.Fatal(err)
	}
	modified := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	for _, err := range []error{
		os.Chmod(file, 0o640), os.Chtimes(file, modified, modified), os.Symlink("file", filepath.Join(dir, "link")),
		os.Symlink("nowhere", filepath.Join(dir, "dangling")), syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	directory, err := reader.OpenDir(nil, dir, reader.Anything)
	if err != nil {
		t.Fatal(err)
	}
	defer directory.Close()
	for name, want := range map[string]reader.Type{
		"file": reader.RegularFile, "link": reader.RegularFile, ".": reader.Directory, "fifo": reader.FIFO,
		"/dev/null": reader.CharacterDevice,
	} {
		got, err := directory.Details(name)
		if err != nil || got.Type != want {
			t.Errorf("%s: %+v, %v, want type %d", name, got, err, want)
		}
		if want == reader.RegularFile && (got.Size != 5 || !got.Modified.Equal(modified) || got.Mode != 0o640 || got.Owner != os.Geteuid()) {
			t.Errorf("%s: %+v", name, got)
		}
		if want != reader.RegularFile && got.Size != 0 {
			t.Errorf("%s has a size: %+v", name, got)
		}
	}
	for name, want := range map[string]error{"dangling": fs.ErrNotExist, "": fs.ErrNotExist, "file/x": syscall.ENOTDIR} {
		if _, err := directory.Details(name); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
	if got, err := (*reader.Dir)(nil).Details(file); err != nil || got.Size != 5 {
		t.Errorf("%s: %+v, %v", file, got, err)
	}
	f, err := directory.Open("file", reader.FromDirent())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := f.Details(); err != nil || got.Size != 5 || got.Mode != 0o640 {
		t.Errorf("the open file: %+v, %v", got, err)
	}
}

// TestDetailsNoLinks looks through no link where the directory's rule forbids it.
func TestDetailsNoLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("/etc", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	directory, err := reader.OpenDir(nil, dir, reader.NoLinks)
	if err != nil {
		t.Fatal(err)
	}
	defer directory.Close()
	if got, err := directory.Details("link/passwd"); err == nil {
		t.Errorf("a link was followed: %+v", got)
	}
}
