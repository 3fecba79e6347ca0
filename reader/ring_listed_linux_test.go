package reader_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// TestListedSizes: a file of which nothing is known but that it is one is read
// until nothing more comes, in one go if there is room.
func TestListedSizes(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	r := newRing(t, 4)
	if r == nil {
		return
	}
	const length, capacity = 128 << 10, 144 << 10 // the pipeline's
	for _, size := range []int{
		0, 1, 2, 4095, 4096, 4097, length - 1, length, length + 1, capacity - 2, capacity - 1, capacity, capacity + 1, 2*length - 1, 2 * length, 1 << 20,
	} {
		name := filetest.Write(t, filetest.Random(size))
		o := &order{
			in:  filetest.OpenDir(t, nil, filepath.Dir(name), reader.NoLinks),
			buf: make([]byte, length, capacity),
		}
		for range 3 {
			what, data, err := o.read(t, r, filepath.Base(name), reader.FromDirent())
			want := "whole"
			if size == 0 || size >= capacity {
				want = "partly" // an empty one may be anything; of a full buffer nobody knows if it is all
			}
			if what != want || err != nil || !bytes.Equal(data, filetest.Random(size)) {
				t.Errorf("%d bytes: %s, %d bytes, %v; want %s", size, what, len(data), err, want)
			}
		}
	}
}

// TestListedShort: files of /proc and /sys have no size, and give less than is
// asked for.
func TestListedShort(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	r := newRing(t, 4)
	if r == nil {
		return
	}
	for _, name := range []string{
		"/proc/version", "/proc/filesystems", "/proc/kallsyms", "/proc/self/environ", "/proc/self/cmdline", "/proc/cmdline",
		"/proc/self/mountinfo", "/proc/self/maps", "/sys/devices/system/cpu/online", "/sys/kernel/mm/transparent_hugepage/enabled",
	} {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Logf("this system has no %s", name)
			continue
		}
		// Large enough that memory needn't be mapped for what it holds.
		o := &order{in: filetest.OpenDir(t, nil, "/", reader.Anything), buf: make([]byte, 128<<10, 144<<10)}
		what, got, err := o.read(t, r, name, reader.FromDirent())
		if filepath.Base(name) == "maps" {
			want, got = want[:20], got[:min(20, len(got))]
		}
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %s, %d bytes, %v; want %d", name, what, len(got), err, len(want))
		}
	}
}

// TestListedErrors: a file that opens and can't be read says why.
func TestListedErrors(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	r := newRing(t, 4)
	if r == nil {
		return
	}
	o := newOrder()
	// Nothing is mapped at address 0.
	if what, data, err := o.read(t, r, "/proc/self/mem", reader.FromDirent()); err != unix.EIO || len(data) > 0 {
		t.Errorf("%s, %d bytes, %v", what, len(data), err)
	}
}

// TestRingNoLinks: the rule of the directory holds for a ring as well.
func TestRingNoLinks(t *testing.T) { eachWay(t, testRingNoLinks) }

func testRingNoLinks(t *testing.T) {
	r := newRing(t, 4)
	if r == nil {
		return
	}
	dir := linked(t)
	for _, test := range []struct {
		name   string
		strict error
	}{
		{"real/x", nil}, {"dirlink/x", unix.ELOOP}, {"filelink", unix.ELOOP}, {"real/inner", unix.ELOOP},
		{"dirlink/inner", unix.ELOOP}, {"dirlink/../real/x", unix.ELOOP},
	} {
		for _, rule := range []reader.Rule{reader.NoLinks, reader.Anything} {
			for _, info := range []reader.Info{reader.FromDirent(), sized(50)} {
				o := newOrder()
				o.in = filetest.OpenDir(t, nil, dir, rule)
				what, data, err := o.read(t, r, test.name, info)
				want, all := test.strict, filetest.Random(50)
				if rule == reader.Anything {
					want = nil
				}
				if want != nil {
					all = nil
				}
				if err != want || !bytes.Equal(data, all) || want != nil && what != "refused" {
					t.Errorf("%s, rule %d: %s, %d bytes, %v; want %v", test.name, rule, what, len(data), err, want)
				}
			}
		}
	}
}

// TestRingListedSwapped: in the place of a listed file nothing but a regular one
// is read to its end, and nothing waited for.
func TestRingListedSwapped(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	r := newRing(t, 1)
	if r == nil {
		return
	}
	dir := t.TempDir()
	filetest.MakeFIFO(t, dir+"/fifo")
	filetest.MakeFIFO(t, dir+"/written")
	os.Mkdir(dir+"/dir", 0o700)
	os.Symlink("fifo", dir+"/link")
	os.Rename(socket(t), dir+"/socket")
	os.WriteFile(dir+"/file", filetest.Random(77), 0o600)
	// A FIFO with a writer that says nothing, and one that has said something.
	w, err := os.OpenFile(dir+"/written", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	d, strict := filetest.OpenDir(t, nil, dir, reader.Anything), filetest.OpenDir(t, nil, dir, reader.NoLinks)
	for _, said := range []string{"", "something"} {
		fmt.Fprint(w, said)
		for _, test := range []struct {
			in   *reader.Dir
			name string
			want error
		}{
			{d, "fifo", reader.ErrNotRegular},
			{d, "written", reader.ErrNotRegular},
			{d, "dir", reader.ErrNotRegular},
			{d, "link", reader.ErrNotRegular},
			{strict, "link", unix.ELOOP},
			{d, "socket", unix.ENXIO},
			{d, "gone", unix.ENOENT},
			{d, "file", nil},
			{d, "file/x", unix.ENOTDIR},
		} {
			o := newOrder()
			o.in = test.in
			what, data, err := o.read(t, r, test.name, reader.FromDirent())
			if err != test.want || err == nil && !bytes.Equal(data, filetest.Random(77)) {
				t.Errorf("%s, said %q: %s, %d bytes, %v; want %v", test.name, said, what, len(data), err, test.want)
			}
		}
	}
}

// TestListedChanges has files grow and shrink while a ring reads them: what comes
// out is a beginning of what was written, but for zeros, which the system puts
// where it cuts off a page while that is being read.
func TestListedChanges(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	r := newRing(t, 4)
	if r == nil {
		return
	}
	rounds := 3000
	if testing.Short() {
		rounds = 300
	}
	content := filetest.Random(5 * ringSpace)
	name := filetest.Write(t, content)
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		defer f.Close()
		for size := 1; ; size = size*7%len(content) + 1 {
			select {
			case <-stop:
				return
			default:
			}
			f.Truncate(int64(size))
			f.WriteAt(content, 0)
		}
	}()
	o := newOrder()
	o.in = filetest.OpenDir(t, nil, filepath.Dir(name), reader.NoLinks)
	for range rounds {
		if what, data, err := o.read(t, r, filepath.Base(name), reader.FromDirent()); err != nil || !begins(data, content) {
			t.Errorf("%s, %d bytes, %v", what, len(data), err)
			break
		}
	}
	close(stop)
	<-stopped
}

// begins reports whether data is a beginning of content, or zero.
func begins(data, content []byte) bool {
	if len(data) > len(content) {
		return false
	}
	for i, c := range data {
		if c != content[i] && c != 0 {
			return false
		}
	}
	return true
}
