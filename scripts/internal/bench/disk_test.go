package main

import (
	"errors"
	"path/filepath"
	"testing"
)

func TestFitsOnDisk(t *testing.T) {
	room, err := freeSpace(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		data dataset
		want error
	}{
		{"a byte", dataset{"one", "", 1, always(1), flat}, nil},
		{"no room for the eighth more", dataset{"most", "", 1, always(room.bytes - room.bytes/16), flat}, errSkipped},
		{"an exbibyte", dataset{"huge", "", 1, always(1 << 60), flat}, errSkipped},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.data.fitsOnDisk(filepath.Join(t.TempDir(), "data")); !errors.Is(err, tt.want) {
				t.Errorf("error is %v, want %v", err, tt.want)
			}
		})
	}
}

func TestMissing(t *testing.T) {
	dir := t.TempDir()
	data := dataset{"some", "", 3, func(i int) int64 { return int64(i) * blockBytes / 2 }, flat}
	missingWants := func(files, space int64) {
		t.Helper()
		gotFiles, gotSpace, err := data.missing(dir)
		if err != nil || gotFiles != files || gotSpace != space {
			t.Errorf("missing: %d files, %d bytes, error %v; want %d, %d", gotFiles, gotSpace, err, files, space)
		}
	}
	missingWants(3, 0+blockBytes+blockBytes)
	if _, err := data.makeFile(1, filepath.Join(dir, data.path(1))); err != nil {
		t.Fatal(err)
	}
	missingWants(2, blockBytes)
	if _, err := data.make(dir); err != nil {
		t.Fatal(err)
	}
	missingWants(0, 0)
}
