package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// resident counts the files' pages in the page cache.
func resident(t *testing.T, data dataset, dir string) (in, all int64) {
	t.Helper()
	for i, path := range data.paths() {
		if data.size(i) == 0 {
			continue
		}
		file, err := os.Open(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		pages, of, err := residentPages(file, data.size(i))
		if err != nil {
			t.Fatal(err)
		}
		in, all = in+pages, all+of
	}
	return in, all
}

// TestChillDropsTheFiles: the files were just written, so their pages are dirty.
func TestChillDropsTheFiles(t *testing.T) {
	dir := t.TempDir()
	data := dataset{"some", "", 20, func(i int) int64 { return int64(i) * 5000 }, flat}
	if _, err := data.make(dir); err != nil {
		t.Fatal(err)
	}
	for _, state := range []string{"just written", "read again"} {
		if in, all := resident(t, data, dir); in != all {
			t.Fatalf("%s: %d of %d pages are in the page cache", state, in, all)
		}
		if err := data.chill(dir); errors.Is(err, errSkipped) {
			t.Skip(err)
		} else if err != nil {
			t.Fatal(err)
		}
		if in, all := resident(t, data, dir); float64(in) > residentShare*float64(all) {
			t.Errorf("%s: %d of %d pages were left in the page cache", state, in, all)
		}
		if err := data.warm(dir); err != nil {
			t.Fatal(err)
		}
	}
}

// TestColdRowIsSkippedInMemory: files in memory can't be dropped, so the row is
// skipped.
func TestColdRowIsSkippedInMemory(t *testing.T) {
	gnu, ok := reference.find()
	if !ok {
		t.Fatal("these tests need coreutils")
	}
	dir, err := os.MkdirTemp("/dev/shm", "psha1sum-bench-test-")
	if err != nil {
		t.Skip(err)
	}
	defer os.RemoveAll(dir)
	self := gnu
	self.tool = ours
	b := &bench{dir: dir, rounds: 1, log: t.Output(), tools: []installed{gnu, self}}
	_, err = b.run(row{name: "small", data: dataset{"small", "2 x 10 KB", 2, always(10_000), flat}, kind: cold})
	if !errors.Is(err, errSkipped) || !strings.Contains(err.Error(), "still has 6 of the files' 6 pages") {
		t.Errorf("error is %v, want %v", err, errSkipped)
	}
}

// TestRunColdRow: readers take part in cold rows only, and their output is not
// compared.
func TestRunColdRow(t *testing.T) {
	gnu, ok := reference.find()
	if !ok {
		t.Fatal("these tests need coreutils")
	}
	cat, ok := readers[0].find()
	if !ok {
		t.Fatal("these tests need coreutils")
	}
	self := gnu
	self.tool = ours
	data := dataset{"small", "4 x 10 KB", 4, always(10_000), flat}
	b := &bench{dir: t.TempDir(), rounds: 2, log: t.Output(), tools: []installed{gnu, self}, readers: []installed{cat}}
	for k, tools := range map[kind]int{warm: 2, cold: 3} {
		res, err := b.run(row{name: "small", data: data, kind: k})
		if errors.Is(err, errSkipped) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(res.Tools) != tools {
			t.Errorf("%s: %d tools took part, want %d", k, len(res.Tools), tools)
		}
		if reader, ok := res.bestReader(); ok != (k == cold) || ok && len(reader.Wall) != 2 {
			t.Errorf("%s: reader is %+v, %v", k, reader, ok)
		}
	}
}
