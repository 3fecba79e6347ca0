package filestate

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestInImage uses a fake sysfs with disks, a loop device, and devices built on them.
func TestInImage(t *testing.T) {
	sys := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	add := func(number, path string, files ...string) {
		t.Helper()
		dir := sys + "/devices/" + path
		must(os.MkdirAll(dir, 0o755))
		must(os.MkdirAll(sys+"/dev/block", 0o755))
		must(os.WriteFile(dir+"/dev", []byte(number+"\n"), 0o644))
		must(os.Symlink("../../devices/"+path, sys+"/dev/block/"+number))
		for _, name := range files {
			must(os.WriteFile(dir+"/"+name, []byte("1\n"), 0o644))
		}
	}
	madeFrom := func(path string, parts ...string) {
		t.Helper()
		dir := sys + "/devices/" + path + "/slaves"
		must(os.MkdirAll(dir, 0o755))
		for _, part := range parts {
			must(os.Symlink(sys+"/devices/"+part, dir+"/"+filepath.Base(part)))
		}
	}
	add("8:0", "pci0/block/sda")
	add("8:1", "pci0/block/sda/sda1", "partition")
	add("7:0", "virtual/block/loop0")
	add("259:5", "virtual/block/loop0/loop0p1", "partition")
	add("254:0", "virtual/block/dm-0")
	madeFrom("virtual/block/dm-0", "pci0/block/sda/sda1")
	add("254:1", "virtual/block/dm-1")
	madeFrom("virtual/block/dm-1", "pci0/block/sda/sda1", "virtual/block/loop0/loop0p1")
	add("254:2", "virtual/block/dm-2")
	madeFrom("virtual/block/dm-2", "virtual/block/dm-1")
	add("9:0", "virtual/block/md0")
	madeFrom("virtual/block/md0", "virtual/block/dm-2")
	add("259:0", "virtual/block/md0/md0p1", "partition")
	add("9:1", "virtual/block/md1")
	madeFrom("virtual/block/md1", "pci0/block/sda", "virtual/block/dm-0")
	add("259:1", "virtual/block/md1/md1p1", "partition")
	add("254:9", "virtual/block/dm-9")
	madeFrom("virtual/block/dm-9", "virtual/block/dm-9") // a cycle

	for _, test := range []struct {
		major, minor uint32
		want         bool
	}{
		{8, 0, false}, {8, 1, false},
		{7, 0, true}, {259, 5, true},
		{254, 0, false}, {254, 1, true}, {254, 2, true},
		{9, 0, true}, {259, 0, true}, {9, 1, false}, {259, 1, false},
		{8, 7, true}, {254, 9, true}, // unknown
		{0, 57, false}, // not a block device
	} {
		if got := inImageBy(sys, unix.Mkdev(test.major, test.minor)); got != test.want {
			t.Errorf("%d:%d: %v", test.major, test.minor, got)
		}
	}
	if !inImageBy(sys+"/missing", unix.Mkdev(8, 0)) {
		t.Error("without a sysfs a disk is known not to be in an image")
	}
}
