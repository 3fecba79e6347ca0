//go:build unix

package pipeline_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// TestDirectories: files are looked up in their directory by the rest of their name,
// and their results have the whole name.
func TestDirectories(t *testing.T) {
	guard(t)
	dir := t.TempDir()
	root := filetest.OpenDir(t, nil, dir, reader.NoLinks)
	var items []pipeline.Item
	var want []string
	// Sizes that alternate between small and large, around those read in one call.
	for i := range 300 {
		size := []int{0, 1, 100, buffer - 1, buffer, buffer + buffer/8 - 1, buffer + buffer/8, buffer + buffer/8 + 1, 300, 2 * buffer, 5, 6, 7, 8, 9}[i%15]
		data := make([]byte, size)
		for j := range data {
			data[j] = byte(i + j)
		}
		name := fmt.Sprintf("%d/%d", i%7, i)
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
		const shown = "anything, even with / in it/"
		items = append(items, pipeline.Item{Name: shown + name, In: root, Below: len(shown), Listed: i%3 != 0})
		want = append(want, fmt.Sprintf("%s%s %x", shown, name, sha1.Sum(data)))
	}
	for _, io := range []pipeline.IO{pipeline.AutoIO, pipeline.ReadIO} {
		for _, files := range []int{0, 1, 3} {
			keep := &keeper{}
			if err := start(context.Background(), list(items...), keep, pipeline.Options{IO: io, Files: files}); err != nil {
				t.Fatal(err)
			}
			for i, r := range keep.results {
				if got := fmt.Sprintf("%s %x", r.Name, r.Digest); r.Err != nil || got != want[i] {
					t.Fatalf("io %d, %d files: got %s, %v, want %s", io, files, got, r.Err, want[i])
				}
			}
			if len(keep.results) != len(want) {
				t.Errorf("%d results", len(keep.results))
			}
		}
	}
}

// TestListedIsNotWaitedFor: a listed file is no barrier, whatever it has become, and is
// then not read.
func TestListedIsNotWaitedFor(t *testing.T) {
	guard(t)
	dir := t.TempDir()
	filetest.MakeFIFO(t, dir+"/fifo")
	os.WriteFile(dir+"/file", []byte("file"), 0o644)
	os.Symlink("file", dir+"/link")
	root := filetest.OpenDir(t, nil, dir, reader.NoLinks)
	var items []pipeline.Item
	names := []string{"fifo", "file", ".", "link", "gone"}
	for i := range 200 {
		items = append(items, pipeline.Item{Name: names[i%len(names)], In: root, Listed: true})
	}
	want := map[string]error{"fifo": reader.ErrNotRegular, "file": nil, ".": reader.ErrNotRegular, "link": syscall.ELOOP, "gone": syscall.ENOENT}
	file := sha1.Sum([]byte("file"))
	keep := &keeper{}
	if err := start(context.Background(), list(items...), keep, pipeline.Options{}); err != nil {
		t.Fatal(err)
	}
	if len(keep.results) != len(items) {
		t.Errorf("%d results, want %d", len(keep.results), len(items))
	}
	for _, r := range keep.results {
		if r.Err != want[r.Name] || r.Err == nil && !bytes.Equal(r.Digest, file[:]) {
			t.Errorf("%s: %x, %v; want %v", r.Name, r.Digest, r.Err, want[r.Name])
		}
	}
}
