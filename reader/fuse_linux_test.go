package reader_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/internal/fusetest"
	"github.com/psha1sum/psha1sum/reader"
)

// TestFUSEFill: behind FUSE a file is what read(2) brings until nothing comes, whatever its size is said
// to be and in whatever pieces it comes; it is asked for once, and in order.
func TestFUSEFill(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	const length, capacity = 128 << 10, 144 << 10 // the pipeline's
	const unseekable = fusetest.DirectIO | fusetest.NonSeekable
	files := map[string]*fusetest.File{}
	for _, size := range []int{0, 1, 8, 100, 4095, 4096, 4097, length - 1, length, length + 1, capacity - 8, capacity - 1, capacity, capacity + 1, 200_000} {
		for _, says := range []int64{0, 1, int64(size), int64(size) &^ 4095, int64(size) + 1} {
			for _, piece := range []int{0, 4096} {
				for _, flags := range []uint32{fusetest.DirectIO, unseekable, unseekable | fusetest.Stream} {
					files[fmt.Sprintf("%d-%d-%d-%d", size, says, piece, flags)] = &fusetest.File{
						Content: filetest.Random(size), Size: &says, Flags: flags, Piece: piece,
					}
				}
			}
		}
	}
	dir := t.TempDir()
	fusetest.Mount(t, dir, files)
	var disks reader.LocalDisks
	for name, file := range files {
		for _, info := range []reader.Info{reader.Stat(filepath.Join(dir, name)), reader.FromDirent()} {
			f := open(t, filepath.Join(dir, name), info)
			disks.Learn(f)
			got, err := fillAll(f, make([]byte, length, capacity))
			closeFile(t, f)
			if err != nil || !bytes.Equal(got, file.Content) {
				t.Errorf("%s, %+v: %d bytes, %v", name, info, len(got), err)
			}
			_, reads := file.Asked()
			wantInOrder(t, name, reads)
		}
	}
}

// fillAll reads a file as the pipeline does.
func fillAll(f *reader.File, buf []byte) (data []byte, err error) {
	for end := false; !end; {
		n := 0
		if n, end, err = f.Fill(buf); err != nil {
			return data, err
		}
		data = append(data, buf[:n]...)
	}
	return data, nil
}

// wantInOrder fails the test unless each read begins where the one before ended, and
// the last brought nothing.
func wantInOrder(t *testing.T, name string, reads []fusetest.Read) {
	t.Helper()
	at := int64(0)
	for _, r := range reads {
		if r.Offset != at {
			t.Errorf("%s: read at %d, want %d", name, r.Offset, at)
			return
		}
		at += int64(r.Answered)
	}
	if len(reads) == 0 || reads[len(reads)-1].Answered > 0 {
		t.Errorf("%s: not read until nothing comes: %+v", name, reads)
	}
}

// TestFUSEDirectory: what a directory of such a mount lists isn't on a local disk, nor is the device
// one, before a file was looked at and after.
func TestFUSEDirectory(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	dir := t.TempDir()
	fusetest.Mount(t, dir, map[string]*fusetest.File{"d/f": {Content: filetest.Random(10)}})
	name := filepath.Join(dir, "d/f")
	info := reader.Stat(name)
	var disks reader.LocalDisks
	for range 2 {
		if disks.Has(info.ID.Device) {
			t.Error("FUSE is a local disk")
		}
		f := open(t, name, info)
		disks.Learn(f)
		closeFile(t, f)
	}
	for _, rule := range []reader.Rule{reader.NoLinks, reader.Anything} {
		if d := filetest.OpenDir(t, nil, filepath.Dir(name), rule); d.OnLocalDisk(info.ID.Device) {
			t.Errorf("rule %d: what is in a directory of FUSE is on a local disk", rule)
		}
	}
}
