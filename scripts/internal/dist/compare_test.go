package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// release writes the files of a release, with one archive of a single file.
func release(t *testing.T, text string, modified time.Time, others map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	directory := filepath.Join(t.TempDir(), "x")
	if err := os.Mkdir(directory, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(directory, "file"), text)
	for _, suffix := range []string{".tar.gz", ".zip"} {
		if err := pack(filepath.Join(dir, "x"+suffix), directory, modified); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range others {
		write(filepath.Join(dir, name), text)
	}
	return dir
}

func TestCompare(t *testing.T) {
	sums := map[string]string{"SUMS": "abc\n"}
	first := release(t, "hello", testTime, sums)
	tests := []struct {
		name   string
		second string
		want   string
	}{
		{"the same", release(t, "hello", testTime, sums), ""},
		{"a byte of a member", release(t, "hallo", testTime, sums),
			"x.tar.gz: x/file: differs from byte 2 on\n" +
				"x.zip: x/file: differs from byte 2 on\n"},
		{"a longer member", release(t, "hello!", testTime, sums),
			"x.tar.gz: x/file: differs from byte 6 on, where one ends\n" +
				"x.zip: x/file: differs from byte 6 on, where one ends\n"},
		{"a manifest", release(t, "hello", testTime, map[string]string{"SUMS": "abd\n"}),
			"SUMS: differs from byte 3 on\n"},
		{"a file missing and one more", release(t, "hello", testTime, map[string]string{"TUMS": ""}),
			"SUMS: only in the first\nTUMS: only in the second\n"},
		{"a second", release(t, "hello", testTime.Add(time.Second), sums),
			"x.tar.gz: x/: drwxr-xr-x 0:0 2026-01-31 12:00:00 +0000 UTC and drwxr-xr-x 0:0 2026-01-31 12:00:01 +0000 UTC\n" +
				"x.tar.gz: x/file: -rw-r--r-- 0:0 2026-01-31 12:00:00 +0000 UTC and -rw-r--r-- 0:0 2026-01-31 12:00:01 +0000 UTC\n" +
				"x.zip: x/: drwxr-xr-x 2026-01-31 12:00:00 +0000 UTC and drwxr-xr-x 2026-01-31 12:00:01 +0000 UTC\n" +
				"x.zip: x/file: -rw-r--r-- 2026-01-31 12:00:00 +0000 UTC and -rw-r--r-- 2026-01-31 12:00:01 +0000 UTC\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			err := compare(&out, first, tt.second)
			if out.String() != tt.want || errors.Is(err, errDiffer) != (tt.want != "") {
				t.Errorf("compare says %q, %v; want %q", &out, err, tt.want)
			}
		})
	}
}

// TestCompareRepacked compares archives with the same members that differ.
func TestCompareRepacked(t *testing.T) {
	first, second := release(t, "hello", testTime, nil), release(t, "hello", testTime, nil)
	tarball := filepath.Join(second, "x.tar.gz")
	data := read(t, tarball)
	data[9] = 3 // the OS field in gzip's header: Unix
	if err := os.WriteFile(tarball, data, 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := compare(&out, filepath.Join(first, "x.tar.gz"), tarball)
	if want := "x.tar.gz: differs from byte 10 on\n"; out.String() != want || !errors.Is(err, errDiffer) {
		t.Errorf("compare says %q, %v; want %q", &out, err, want)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"pack"}, {"pack", "a", "b", "c", "d"}, {"compare", "a"}, {"unpack", "a", "b"}} {
		if err := run(args, io.Discard); !errors.Is(err, errUsage) {
			t.Errorf("run(%q) = %v, want a word on its use", args, err)
		}
	}
	if err := run([]string{"pack", "a.zip", ".", "noon"}, io.Discard); err == nil || errors.Is(err, errUsage) {
		t.Errorf("a time that is no number gives %v", err)
	}
}
