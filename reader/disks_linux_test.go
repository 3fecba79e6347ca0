package reader_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/internal/fusetest"
	"github.com/psha1sum/psha1sum/reader"
)

// TestLocalDisks: a device is known when a file of it was open, and /proc and /sys
// are no disks.
func TestLocalDisks(t *testing.T) {
	var disks reader.LocalDisks
	for _, test := range []struct {
		name string
		want bool
	}{
		{"/proc/version", false}, {"/sys/kernel/mm/transparent_hugepage/enabled", false}, {filetest.Write(t, filetest.Random(10)), true},
	} {
		info := reader.Stat(test.name)
		if !info.Regular {
			t.Logf("this system has no %s", test.name)
			continue
		}
		if test.want {
			filetest.NeedLocalDisk(t)
		}
		for _, seen := range []reader.Info{info, reader.FromDirent()} {
			if disks.Has(info.ID.Device) != test.want && seen.Unstatted() {
				t.Errorf("%s: forgotten", test.name)
			}
			f := open(t, test.name, seen)
			disks.Learn(f)
			closeFile(t, f)
			if disks.Has(info.ID.Device) != test.want {
				t.Errorf("%s: %v, want %v", test.name, !test.want, test.want)
			}
		}
	}
	if disks.Has(0) {
		t.Error("what has no device is on a disk")
	}
}

// TestManyDisks: more devices than are remembered are none, and may be asked about
// by any number of goroutines.
func TestManyDisks(t *testing.T) {
	name := filetest.Write(t, filetest.Random(10))
	filetest.NeedLocalDisk(t)
	var disks reader.LocalDisks
	var group sync.WaitGroup
	for g := range 4 {
		group.Go(func() {
			for i := range 200 {
				info := reader.Stat(name)
				info.ID.Device = uint64(1 + g*1000 + i)
				f, err := reader.Open(name, info)
				if err != nil {
					t.Error(err)
					return
				}
				disks.Learn(&f)
				f.Close()
			}
		})
	}
	group.Wait()
	known := 0
	for device := range uint64(4000) {
		if disks.Has(device) {
			known++
		}
	}
	if known != 64 {
		t.Errorf("%d devices are remembered, want 64", known)
	}
	// A device that isn't remembered is asked about each time.
	info := reader.Stat(name)
	f := open(t, name, info)
	defer closeFile(t, f)
	disks.Learn(f)
	if n, end, err := f.Fill(make([]byte, 100)); n != 10 || !end || err != nil {
		t.Errorf("Fill = %d, %v, %v", n, end, err)
	}
}

// TestRingReadsOn: a file that a ring hands over goes on behind what was read,
// although the ring left its position where it was; and what was appended since it
// was looked at comes once.
func TestRingReadsOn(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	r := newRing(t, 4)
	if r == nil {
		return
	}
	for _, size := range []int{ringSpace, ringSpace + 1, 5 * ringSpace} {
		name := filetest.Write(t, filetest.Random(size))
		for _, info := range []reader.Info{reader.FromDirent(), sized(700)} {
			o := newOrder()
			o.in = filetest.OpenDir(t, nil, filepath.Dir(name), reader.Anything) // on whatever mount it is
			o.begin(r, filepath.Base(name), info)
			waitForAll(t, r)
			f := &o.file
			if f.State != reader.RingOpen || f.N != ringSpace {
				t.Fatalf("%d bytes, %+v: state %d, %d", size, info, f.State, f.N)
			}
			rest := make([]byte, size)
			n, err := f.File.Read(rest)
			if n != size-ringSpace && err == nil || string(rest[:n]) != string(filetest.Random(size)[ringSpace:]) {
				t.Errorf("%d bytes, %+v: %d more, %v", size, info, n, err)
			}
			closeFile(t, &f.File)
		}
	}
}

// TestRingAndMounts: what is mounted below a directory, be it one file, isn't read
// through a ring when the directory lists it: nobody knows on what it is.
func TestRingAndMounts(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	r := newRing(t, 4)
	if r == nil {
		return
	}
	data := filetest.Random(100)
	server := t.TempDir()
	fusetest.Mount(t, server, map[string]*fusetest.File{"direct": {Content: data, Flags: fusetest.DirectIO}})
	dir := t.TempDir()
	for _, name := range []string{"file", "beside", "dir/file"} {
		os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700)
		if err := os.WriteFile(filepath.Join(dir, name), filetest.Random(7), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	filetest.Bind(t, filepath.Join(server, "direct"), filepath.Join(dir, "file"))
	filetest.Bind(t, server, filepath.Join(dir, "dir"))
	for _, test := range []struct {
		name, what string
		want       []byte
	}{
		{"file", "refused", data}, {"dir/direct", "refused", data}, {"beside", "whole", filetest.Random(7)},
	} {
		for _, rule := range []reader.Rule{reader.NoLinks, reader.Anything} {
			o := newOrder()
			o.in = filetest.OpenDir(t, nil, dir, rule)
			what, got, err := o.read(t, r, test.name, reader.FromDirent())
			if what != test.what || err != nil || !bytes.Equal(got, test.want) {
				t.Errorf("%s, rule %d: %s, %d bytes, %v; want %s, %d", test.name, rule, what, len(got), err, test.what, len(test.want))
			}
		}
	}
}
