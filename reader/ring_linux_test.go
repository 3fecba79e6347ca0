package reader_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/fdlimit"
	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// ringRoom and ringSpace are length and capacity of the buffers below. The
// pipeline's are a thousand times as long.
const (
	ringRoom  = 1024
	ringSpace = 1152
)

// newRing makes a ring that has ended at the test's end. Where there is none, nil,
// all that can be asked is that NewRing says why.
func newRing(t testing.TB, files int) *reader.Ring {
	t.Helper()
	r, err := reader.NewRing(files)
	if err != nil {
		if r != nil {
			t.Errorf("NewRing = %p beside %v", r, err)
		}
		t.Log("no ring here, and nothing to test:", err)
		return nil
	}
	t.Cleanup(r.Close)
	return r
}

// An order is one file that a ring is asked for.
type order struct {
	in   *reader.Dir
	file reader.RingFile
	buf  []byte
	name string
	info reader.Info
}

func newOrder() *order { return &order{buf: make([]byte, ringRoom, ringSpace)} }

// begin asks the ring for a file.
func (o *order) begin(r *reader.Ring, name string, info reader.Info) {
	o.name, o.info = name, info
	o.file.Dir, o.file.Name, o.file.Info, o.file.Buf = o.in, name, info, o.buf
	r.Begin(&o.file)
}

// waitForAll waits until the ring has nothing under way.
func waitForAll(t testing.TB, r *reader.Ring) {
	t.Helper()
	if left := r.Wait(time.Minute); left != 0 {
		t.Fatalf("the ring says nothing of %d files", left)
	}
}

// read asks the ring for a file, waits, and reads the rest.
func (o *order) read(t testing.TB, r *reader.Ring, name string, info reader.Info) (what string, data []byte, err error) {
	t.Helper()
	o.begin(r, name, info)
	waitForAll(t, r)
	return o.rest(t)
}

// rest returns what the ring said, when it did, and reads the rest of the file like
// the pipeline does.
func (o *order) rest(t testing.TB) (what string, data []byte, err error) {
	t.Helper()
	var f reader.File
	n := 0
	switch o.file.State {
	case reader.RingWhole:
		return "whole", o.buf[:o.file.N], nil
	case reader.RingOpen:
		what, n, f = "partly", o.file.N, o.file.File
	case reader.RingRefused:
		what = "refused"
		if f, err = o.in.Open(o.name, o.info); err != nil {
			return what, nil, err
		}
	default:
		t.Fatalf("%s: the ring says nothing", o.name)
	}
	defer closeFile(t, &f)
	buf := o.buf
	for end := false; !end; n = 0 {
		if n, end, err = f.FillFrom(buf, n); err != nil {
			return what, data, err
		}
		if !end && n != len(buf) && n != cap(buf) {
			return what, data, fmt.Errorf("FillFrom: %d bytes, and not the end", n)
		}
		data = append(data, buf[:n]...)
	}
	return what, data, nil
}

func sized(n int) reader.Info { return reader.Info{Kind: reader.Plain, Size: int64(n)} }

// TestForRing: what has a size, and room to see that there is no more.
func TestForRing(t *testing.T) {
	block := reader.Stat(device(t))
	for _, test := range []struct {
		info reader.Info
		want bool
	}{
		{sized(1), true},
		{sized(ringSpace - 1), true},
		{sized(ringSpace), false},
		{sized(0), false},
		{reader.Info{Kind: reader.Sequential, Size: 1}, false},
		{reader.Info{Kind: reader.Unknown, Size: 1}, false},
		{block, false},
	} {
		if got := (*reader.Dir)(nil).ForRing(test.info, ringSpace); got != test.want {
			t.Errorf("%+v: %v, want %v", test.info, got, test.want)
		}
	}
}

// TestRingSizes reads files of every size there is room for, as many at a time as the
// ring has slots.
func TestRingSizes(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	dir := t.TempDir()
	all := filetest.Random(ringSpace)
	for _, slots := range []int{1, 2, 7, 64} {
		r := newRing(t, slots)
		if r == nil {
			return
		}
		orders := make([]*order, ringSpace)
		for size := 1; size < ringSpace; size++ {
			name := filepath.Join(dir, fmt.Sprint(size))
			if slots == 1 {
				if err := os.WriteFile(name, all[:size], 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if r.Room() == 0 {
				waitForAll(t, r)
			}
			orders[size] = newOrder()
			orders[size].begin(r, name, reader.Stat(name))
		}
		waitForAll(t, r)
		for size := 1; size < ringSpace; size++ {
			what, data, err := orders[size].rest(t)
			if what != "whole" || err != nil || !bytes.Equal(data, all[:size]) {
				t.Fatalf("%d slots, size %d: %s, %d bytes, %v", slots, size, what, len(data), err)
			}
		}
	}
}

// TestRingOddities: whatever stands behind a name by the time it is opened, what
// comes out is what read(2) would have said of it. The size is what a stat said
// before.
func TestRingOddities(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	r := newRing(t, 4)
	if r == nil {
		return
	}
	file := func(n int) func(*testing.T) string {
		return func(t *testing.T) string { return filetest.Write(t, filetest.Random(n)) }
	}
	fixed := func(name string) func(*testing.T) string { return func(*testing.T) string { return name } }
	for _, test := range []struct {
		name string
		make func(*testing.T) string
		size int // by the stat
		what string
		want []byte
		err  error
	}{
		{"as it was", file(700), 700, "whole", filetest.Random(700), nil},
		{"it grew by one", file(701), 700, "partly", filetest.Random(701), nil},
		{"it grew to the buffer's length", file(ringRoom), 700, "partly", filetest.Random(ringRoom), nil},
		{"it grew past the length", file(ringRoom + 1), 700, "partly", filetest.Random(ringRoom + 1), nil},
		{"it grew to less than the capacity", file(ringSpace - 1), 700, "partly", filetest.Random(ringSpace - 1), nil},
		{"it grew to the capacity", file(ringSpace), 700, "partly", filetest.Random(ringSpace), nil},
		{"it grew past the capacity", file(ringSpace + 1), 700, "partly", filetest.Random(ringSpace + 1), nil},
		{"it grew a lot", file(100_000), 700, "partly", filetest.Random(100_000), nil},
		{"it grew from more than the length", file(ringSpace - 1), ringRoom + 3, "partly", filetest.Random(ringSpace - 1), nil},
		{"it grew from more than the length to a lot", file(9999), ringRoom + 3, "partly", filetest.Random(9999), nil},
		{"it shrank by one", file(699), 700, "partly", filetest.Random(699), nil},
		{"it shrank to nothing", file(0), 700, "partly", nil, nil},
		{"it shrank from more than the length", file(1), ringRoom + 1, "partly", filetest.Random(1), nil},
		{"it vanished", fixed("/missing/file"), 700, "refused", nil, unix.ENOENT},
		{"below a file", func(t *testing.T) string { return filetest.Write(t, nil) + "/x" }, 5, "refused", nil, unix.ENOTDIR},
		{"no name", fixed(""), 1, "refused", nil, unix.ENOENT},
		{"a directory", func(t *testing.T) string { return t.TempDir() }, 700, "partly", nil, unix.EISDIR},
		{"a link to the file", func(t *testing.T) string { return link(t, filetest.Write(t, filetest.Random(9))) }, 9, "whole", filetest.Random(9), nil},
		{"a dangling link", func(t *testing.T) string { return link(t, "/missing/file") }, 9, "refused", nil, unix.ENOENT},
		{"a link to itself", func(t *testing.T) string {
			name := filepath.Join(t.TempDir(), "loop")
			os.Symlink(name, name)
			return name
		}, 9, "refused", nil, unix.ELOOP},
		{"a socket", func(t *testing.T) string { return socket(t) }, 9, "refused", nil, unix.ENXIO},
		{"/dev/null", fixed("/dev/null"), 9, "partly", nil, nil},
		{"it can't be read", fixed("/proc/self/mem"), 9, "partly", nil, unix.EIO},
		{"name too long", fixed("/" + strings.Repeat("x", 256)), 9, "refused", nil, unix.ENAMETOOLONG},
		{"path too long", fixed(strings.Repeat("/x", 50_000)), 9, "refused", nil, unix.ENAMETOOLONG},
		{"path of 4095 bytes", fixed(strings.Repeat("/", 4087) + "dev/null"), 9, "partly", nil, nil},
		{"path of 4096 bytes", fixed(strings.Repeat("/", 4088) + "dev/null"), 9, "refused", nil, unix.ENAMETOOLONG},
	} {
		t.Run(test.name, func(t *testing.T) {
			name, info := test.make(t), sized(test.size)
			o := newOrder()
			for range 3 { // a RingFile is used again
				what, data, err := o.read(t, r, name, info)
				if what != test.what || err != test.err || !bytes.Equal(data, test.want) {
					t.Errorf("%s, %d bytes, %v; want %s, %d, %v", what, len(data), err, test.what, len(test.want), test.err)
				}
			}
		})
	}
}

// TestRingNames: a name is bytes, of which only the zero ends it.
func TestRingNames(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	r := newRing(t, 8)
	if r == nil {
		return
	}
	dir := t.TempDir()
	var names []string
	for c := 1; c < 256; c++ {
		if c != '/' && c != '.' {
			names = append(names, string([]byte{byte(c)}), string([]byte{'a', byte(c), byte(c)}))
		}
	}
	names = append(names, strings.Repeat("n", 255), "...", "\xff\xfe\x80")
	orders := map[string]*order{}
	for i, name := range names {
		path := dir + "/" + name
		if err := os.WriteFile(path, filetest.Random(i+1), 0o600); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if r.Room() == 0 {
			waitForAll(t, r)
		}
		orders[path] = newOrder()
		orders[path].begin(r, path, sized(i+1))
	}
	waitForAll(t, r)
	for i, name := range names {
		path := dir + "/" + name
		if o := orders[path]; o != nil {
			if what, data, err := o.rest(t); what != "whole" || err != nil || !bytes.Equal(data, filetest.Random(i+1)) {
				t.Errorf("%q: %s, %d bytes, %v", name, what, len(data), err)
			}
		}
	}
}

// TestRingSwappedForFIFO: a FIFO in a file's place is read as one, whenever its
// writer comes, and holds up nobody else.
func TestRingSwappedForFIFO(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	r := newRing(t, 2)
	if r == nil {
		return
	}
	const said = "what the writer says"
	other := filetest.Write(t, filetest.Random(100))
	for _, size := range []int{1, len(said) - 1, 1000} {
		for _, has := range []bool{false, true} { // a writer that is there, and silent
			name := filetest.NewFIFO(t)
			var w *os.File
			if has {
				var err error
				if w, err = os.OpenFile(name, os.O_RDWR, 0); err != nil {
					t.Fatal(err)
				}
			}
			fifo, beside := newOrder(), newOrder()
			fifo.begin(r, name, sized(size))
			beside.begin(r, other, sized(100))
			waitFor(t, r, beside)
			if what, data, err := beside.rest(t); what != "whole" || err != nil || !bytes.Equal(data, filetest.Random(100)) {
				t.Errorf("the file beside it: %s, %d bytes, %v", what, len(data), err)
			}
			if has {
				if left := r.Wait(time.Millisecond); left != 1 || fifo.file.State != reader.RingUnderWay {
					t.Errorf("size %d: %d files are under way before the writer says something, state %d", size, left, fifo.file.State)
				}
				w.WriteString(said)
				waitForAll(t, r)
				w.Close()
			} else {
				waitForAll(t, r)
				go func() { yield(); writeFIFO(t, name, said) }()
			}
			if what, data, err := fifo.rest(t); what != "partly" || err != nil || string(data) != said {
				t.Errorf("size %d: %s, %q, %v", size, what, data, err)
			}
		}
	}
}

// waitFor waits until the ring has told what became of some files, while others may be
// under way.
func waitFor(t testing.TB, r *reader.Ring, orders ...*order) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		left := r.Wait(time.Millisecond)
		i := slices.IndexFunc(orders, func(o *order) bool { return o.file.State == reader.RingUnderWay })
		switch {
		case i < 0:
			return
		case left == 0:
			t.Fatalf("%s: the ring says nothing, and has nothing under way", orders[i].name)
		case time.Now().After(deadline):
			t.Fatalf("%s: the ring says nothing", orders[i].name)
		}
	}
}

// TestRingTraffic has many goroutines, each with a ring, read all kinds of files, whose
// sizes may be what they were told or not. An index is used by one file at a time, or
// somebody would get another's bytes; and what was read, and what was said of it, stays
// as it is until the owner begins anew.
func TestRingTraffic(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	files, rounds := 200, 60
	if testing.Short() {
		rounds = 20
	}
	dir := t.TempDir()
	var contents [][]byte
	for i := range files {
		contents = append(contents, filetest.Random(1+i*7%(ringSpace-1)))
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), contents[i], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	type kept struct {
		order     *order
		before    reader.RingFile
		buf, copy []byte
	}
	for _, slots := range []int{1, 3, 64} {
		var group sync.WaitGroup
		for g := range 8 {
			r := newRing(t, slots)
			if r == nil {
				return
			}
			group.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(slots), uint64(g)))
				var before []kept // of the last round, that nobody may touch
				for range rounds {
					orders := make([]*order, 20)
					which := make([]int, len(orders))
					for i := range orders {
						which[i] = rng.IntN(files)
						info := sized(len(contents[which[i]]))
						name := filepath.Join(dir, fmt.Sprint(which[i]))
						switch rng.IntN(10) {
						case 0:
							info = sized(1 + rng.IntN(ringSpace-1))
						case 1:
							which[i], name = -1, name+"missing"
						case 2:
							info = reader.FromDirent()
						}
						for r.Room() == 0 {
							r.Wait(time.Duration(rng.IntN(100_000)))
						}
						orders[i] = newOrder()
						orders[i].begin(r, name, info)
						if rng.IntN(slots+1) == 0 {
							r.Wait(time.Duration(rng.IntN(50_000)))
						}
					}
					if left := r.Wait(time.Minute); left != 0 {
						t.Errorf("the ring says nothing of %d files", left)
						return
					}
					var now []kept
					for i, o := range orders {
						what, data, err := o.rest(t)
						if which[i] < 0 {
							if what != "refused" || err != unix.ENOENT {
								t.Errorf("missing: %s, %v", what, err)
							}
						} else if err != nil || !bytes.Equal(data, contents[which[i]]) {
							t.Errorf("%d, %+v: %s, %d bytes, %v, want %d", which[i], o.info, what, len(data), err, len(contents[which[i]]))
						}
						all := o.buf[:cap(o.buf)]
						mark := byte(rng.Uint32())
						for j := range all {
							all[j] = mark
						}
						now = append(now, kept{o, o.file, all, slices.Clone(all)})
					}
					for _, k := range before {
						if !bytes.Equal(k.buf, k.copy) || !reflect.DeepEqual(k.before, k.order.file) {
							t.Error("a file or its buffer was written to that the ring had given back")
						}
					}
					before = now
				}
			})
		}
		group.Wait()
		noFileLeft(t)
	}
}

// TestRingChains reads files of /proc/self, whose opens the kernel always puts off
// to a thread of its own, through many rings. A read that didn't wait for its
// open, or an open that comes when its index is another's, gives the bytes of
// another file.
func TestRingChains(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	contents := map[string][]byte{}
	for _, file := range []string{"comm", "personality", "cgroup", "cmdline", "environ", "limits", "oom_score_adj", "coredump_filter"} {
		name := "/proc/self/" + file
		if data, err := os.ReadFile(name); err == nil && len(data) > 0 {
			contents[name] = data
		}
	}
	rounds := 60
	if testing.Short() {
		rounds = 20
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	for _, slots := range []int{1, 2, 16, 64} {
		var group sync.WaitGroup
		for range 8 {
			r := newRing(t, slots)
			if r == nil {
				return
			}
			group.Go(func() {
				var orders []*order
				take := func() {
					if left := r.Wait(time.Minute); left != 0 {
						t.Errorf("the ring says nothing of %d files", left)
						return
					}
					for _, o := range orders {
						if what, got, err := o.rest(t); err != nil || !bytes.Equal(got, contents[o.name]) {
							t.Errorf("%s: %s, got %.100q, %v, want %.100q", o.name, what, got, err, contents[o.name])
						}
					}
					orders = orders[:0]
				}
				for range rounds {
					for name, data := range contents {
						if r.Room() == 0 {
							take()
						}
						o := newOrder()
						o.begin(r, name, sized(min(len(data), ringSpace-1)))
						orders = append(orders, o)
					}
				}
				take()
			})
		}
		group.Wait()
		noFileLeft(t)
	}
}

// noFileLeft fails the test if some ring of the process has a file open, when nothing
// is under way.
func noFileLeft(t *testing.T) {
	t.Helper()
	if left := filesOfRings(t); len(left) > 0 {
		t.Errorf("files are left open in a ring: %q", left)
	}
}

// filesOfRings returns what the system says of the files in this process's rings.
func filesOfRings(t *testing.T) (files []string) {
	t.Helper()
	for fd, to := range filetest.Descriptors(t) {
		if to != "anon_inode:[io_uring]" {
			continue
		}
		text, err := os.ReadFile("/proc/self/fdinfo/" + fd)
		if err != nil {
			t.Fatal(err)
		}
		_, table, _ := strings.Cut(string(text), "UserFiles:")
		table, _, _ = strings.Cut(table, "UserBufs:")
		for _, line := range strings.Split(table, "\n")[1:] {
			if line != "" && !strings.Contains(line, "<none>") {
				files = append(files, line)
			}
		}
	}
	return files
}

// TestRingClose: a file that was handed over stays open when the ring is closed.
func TestRingClose(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	name := filetest.Write(t, filetest.Random(1000))
	for round := range 50 {
		r, err := reader.NewRing(3)
		if err != nil {
			return
		}
		orders := make([]*order, round)
		for i := range orders {
			orders[i] = newOrder()
			size := 1000
			if i%5 == 4 {
				size = 999 // so that it is handed over
			}
			if r.Room() == 0 {
				waitForAll(t, r)
			}
			orders[i].begin(r, name, sized(size))
		}
		waitForAll(t, r)
		r.Close()
		for i, o := range orders {
			what, data, err := o.rest(t)
			if (what == "partly") != (i%5 == 4) || what == "refused" || err != nil || !bytes.Equal(data, filetest.Random(1000)) {
				t.Errorf("%s, %d bytes, %v", what, len(data), err)
			}
		}
	}
}

// TestRingDescriptors: a ring has one descriptor, which no program inherits and
// nobody names, and takes none that isn't to spare.
func TestRingDescriptors(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	const least, most = fdlimit.Away, 63 // see fdlimit.MoveAway
	room := false
	for n := uintptr(least); n <= most; n++ {
		_, err := unix.FcntlInt(n, unix.F_GETFD, 0)
		room = room || err == unix.EBADF
	}
	if r := newRing(t, 8); r == nil {
		return
	}
	rings := 0
	for fd, to := range filetest.Descriptors(t) {
		if to != "anon_inode:[io_uring]" {
			continue
		}
		rings++
		n := number(t, fd)
		if n < least || n > most && room {
			t.Errorf("the ring is descriptor %d", n)
		}
		if flags, err := unix.FcntlInt(n, unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("flags of the ring's descriptor: %#x, %v", flags, err)
		}
	}
	if rings == 0 {
		t.Error("no ring is to be seen")
	}

	for _, test := range []struct {
		limit, free int
		want        bool
	}{
		{300, 5, true},
		{300, 2, true},
		{300, 1, false}, // it would be the last
		{300, 0, false},
		{60, 2, false}, // the table has 64
	} {
		t.Run(fmt.Sprintf("limit %d, %d free", test.limit, test.free), func(t *testing.T) {
			filetest.TakeDescriptors(t, test.limit, test.free)
			r, err := reader.NewRing(64)
			if err == nil {
				r.Close()
			}
			if (err == nil) != test.want || err != nil && err != unix.EMFILE {
				t.Error(err)
			}
			for range test.free { // all of them are free again
				fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
				if err != nil {
					t.Errorf("a descriptor is gone: %v", err)
					continue
				}
				defer unix.Close(fd)
			}
		})
	}
}

func BenchmarkNewRing(b *testing.B) {
	for b.Loop() {
		r, err := reader.NewRing(64)
		if err != nil {
			b.Skip(err)
		}
		r.Close()
	}
}
