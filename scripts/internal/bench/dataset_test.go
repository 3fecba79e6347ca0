package main

import (
	"crypto/sha1"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestContentStaysTheSame: published figures refer to these bytes.
func TestContentStaysTheSame(t *testing.T) {
	tests := []struct {
		data dataset
		file int
		size int64
		sum  string // SHA-1 of at most the file's first KiB
	}{
		{datasets[0], 0, 64 << 20, "60acf60598d675c338344bc0404d69fd366ac413"},
		{datasets[0], 31, 64 << 20, "50f90f68475e04a399241772cff39d988e158763"},
		{datasets[4], 29_999, 6535, "108e6042e1919de896b535ea5d3340b6d05f4d41"},
	}
	for _, tt := range tests {
		t.Run(tt.data.name, func(t *testing.T) {
			if got := tt.data.size(tt.file); got != tt.size {
				t.Errorf("size of file %d is %d, want %d", tt.file, got, tt.size)
			}
			hash := sha1.New()
			if _, err := io.CopyN(hash, tt.data.content(tt.file), min(tt.size, 1024)); err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(hash.Sum(nil)); got != tt.sum {
				t.Errorf("SHA-1 of file %d is %s, want %s", tt.file, got, tt.sum)
			}
		})
	}
}

func TestDatasetsHaveDistinctNames(t *testing.T) {
	for _, d := range append(datasets, few, empty, many) { // lots has the first names of many
		seen := make(map[string]bool, d.files)
		for i, path := range d.paths() {
			if seen[path] {
				t.Errorf("%s: file %d has the name %s, which another has too", d.name, i, path)
			}
			seen[path] = true
		}
	}
}

// TestNamesFitOnACommandLine: 30,000 names must fit into Linux's 2 MiB, in which each
// name also takes a pointer.
func TestNamesFitOnACommandLine(t *testing.T) {
	for _, d := range datasets {
		var size int
		for _, path := range d.paths() {
			size += len(path) + 1 + 8
		}
		if size > 1<<20 {
			t.Errorf("%s: the names take %d bytes of a command line", d.name, size)
		}
	}
}

func TestUpToStaysInBounds(t *testing.T) {
	size := upTo(100)
	seen := make(map[int64]bool)
	for i := range 10_000 {
		n := size(i)
		if n < 0 || n > 100 {
			t.Fatalf("size of file %d is %d, want 0 to 100", i, n)
		}
		seen[n] = true
	}
	if !seen[0] || !seen[100] {
		t.Errorf("10,000 files have no size 0 or no size 100")
	}
}

func TestMakeKeepsFilesOfTheRightSize(t *testing.T) {
	dir := t.TempDir()
	data := dataset{"some", "", 20, always(3000), func(i int) string { return tree(i * 100) }}
	makeWants := func(want int) {
		t.Helper()
		written, err := data.make(dir)
		if err != nil || written != want {
			t.Fatalf("make wrote %d files, error %v; want %d, none", written, err, want)
		}
	}
	makeWants(20)
	makeWants(0)

	path := filepath.Join(dir, data.path(7))
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 2999); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, data.path(8))); err != nil {
		t.Fatal(err)
	}
	makeWants(2)
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(before) {
		t.Errorf("file 7 was made again with other bytes (error %v)", err)
	}
	if err := data.warm(dir); err != nil {
		t.Error(err)
	}
}

func TestYoungest(t *testing.T) {
	dir := t.TempDir()
	data := dataset{"some", "", 20, always(10), flat}
	if _, err := data.make(dir); err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	for i, path := range data.paths() {
		at := start.Add(time.Duration(i*7%20) * time.Second)
		if err := os.Chtimes(filepath.Join(dir, path), time.Time{}, at); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := data.youngest(dir); err != nil || !got.Equal(start.Add(19*time.Second)) {
		t.Errorf("the youngest is of %v, error %v", got, err)
	}
	if err := os.Remove(filepath.Join(dir, data.path(3))); err != nil {
		t.Fatal(err)
	}
	if _, err := data.youngest(dir); err == nil {
		t.Error("no error where a file is missing")
	}
}

func TestFilled(t *testing.T) {
	data := dataset{files: 10, size: func(i int) int64 { return int64(i % 3) }}
	if got := data.filled(); got != 6 {
		t.Errorf("%d files are not empty, want 6", got)
	}
}

func TestMakeReportsErrors(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := few.make(dir); err == nil {
		t.Error("make below a regular file succeeded")
	}
	if err := few.warm(dir); err == nil {
		t.Error("warm below a regular file succeeded")
	}
}
