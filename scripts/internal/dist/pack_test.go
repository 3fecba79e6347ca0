package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

var testTime = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// makeDirectory writes a directory like a release's, with files of the given modes.
func makeDirectory(t *testing.T, program, text os.FileMode) string {
	t.Helper()
	directory := filepath.Join(t.TempDir(), "name-1.0")
	files := []struct {
		name, text string
		mode       os.FileMode
	}{
		{"b", "program", program},
		{"a/z", "", text},
		{"B", "text", text},
	}
	for _, f := range files {
		name := filepath.Join(directory, f.name)
		if err := os.MkdirAll(filepath.Dir(name), text|0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(f.text), f.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(name, f.mode); err != nil {
			t.Fatal(err)
		}
	}
	return directory
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestPack packs directories that differ in properties which must not affect the
// archive.
func TestPack(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes that tell programs")
	}
	private := makeDirectory(t, 0o700, 0o600)
	public := makeDirectory(t, 0o775, 0o664)
	for _, suffix := range []string{".tar.gz", ".zip"} {
		t.Run(suffix, func(t *testing.T) {
			one, other := filepath.Join(t.TempDir(), "one"+suffix), filepath.Join(t.TempDir(), "other"+suffix)
			if err := pack(one, private, testTime); err != nil {
				t.Fatal(err)
			}
			if err := pack(other, public, testTime.In(time.FixedZone("", 3600))); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(read(t, one), read(t, other)) {
				t.Error("other modes, another time zone or another place gave another archive")
			}
			checkMembers(t, one)
		})
	}
}

// checkMembers reads an archive of makeDirectory's.
func checkMembers(t *testing.T, archive string) {
	t.Helper()
	members, err := unpack(archive, read(t, archive))
	if err != nil {
		t.Fatal(err)
	}
	owner := ""
	if strings.HasSuffix(archive, ".tar.gz") {
		owner = " 0:0"
	}
	const when = " 2026-01-31 12:00:00 +0000 UTC"
	want := map[string]unpacked{
		"name-1.0/":    {"drwxr-xr-x" + owner + when, nil},
		"name-1.0/B":   {"-rw-r--r--" + owner + when, []byte("text")},
		"name-1.0/a/":  {"drwxr-xr-x" + owner + when, nil},
		"name-1.0/a/z": {"-rw-r--r--" + owner + when, nil},
		"name-1.0/b":   {"-rwxr-xr-x" + owner + when, []byte("program")},
	}
	differences, err := compareSets(members, want, compareMembers)
	if err != nil || len(differences) > 0 {
		t.Errorf("what was packed and what should be: %q, %v", differences, err)
	}
}

// TestPackOrder: a directory precedes its contents, and names are sorted bytewise,
// where a locale might put B after b.
func TestPackOrder(t *testing.T) {
	members, err := list(makeDirectory(t, 0o755, 0o644))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range members {
		names = append(names, m.name)
	}
	const want = "name-1.0/ name-1.0/B name-1.0/a/ name-1.0/a/z name-1.0/b"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("the order is %s, want %s", got, want)
	}
}

func TestPackFails(t *testing.T) {
	dir := t.TempDir()
	linked := filepath.Join(dir, "linked")
	if err := os.Mkdir(linked, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("elsewhere", filepath.Join(linked, "link")); err != nil {
		t.Skip(err)
	}
	tests := []struct{ name, archive, directory, want string }{
		{"a link", "a.zip", linked, "neither a file nor a directory"},
		{"no directory", "a.zip", filepath.Join(dir, "none"), "none"},
		{"another format", "a.rar", makeDirectory(t, 0o755, 0o644), ".tar.gz or .zip"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			archive := filepath.Join(dir, tt.archive)
			err := pack(archive, tt.directory, testTime)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("pack says %v, want something about %q", err, tt.want)
			}
			if _, err := os.Lstat(archive); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("an archive was left: %v", err)
			}
		})
	}
}
