//go:build unix

package reader_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// infoPlain is what Stat says of an ordinary file, less its size.
var infoPlain = reader.Info{Kind: reader.Plain}

func number(t testing.TB, fd string) uintptr {
	t.Helper()
	n, err := strconv.Atoi(fd)
	if err != nil {
		t.Fatal(err)
	}
	return uintptr(n)
}

func link(t testing.TB, to string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
	return name
}

// socket makes a socket in the file system, where names are short: a socket's
// must be.
func socket(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sock")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	name := filepath.Join(dir, "s")
	l, err := net.Listen("unix", name)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { l.Close() })
	return name
}

// device returns the name of a block device, if there is one.
func device(t testing.TB) string {
	t.Helper()
	entries, _ := os.ReadDir("/dev")
	for _, e := range entries {
		if e.Type()&os.ModeDevice != 0 && e.Type()&os.ModeCharDevice == 0 {
			return "/dev/" + e.Name()
		}
	}
	t.Skip("no block device")
	return ""
}

// TestStat: what of an open or a read somebody could notice is Sequential, what
// can be looked at otherwise is Plain, and of the rest nothing is known.
func TestStat(t *testing.T) {
	file := func(n int) func(testing.TB) string {
		return func(t testing.TB) string { return filetest.Write(t, make([]byte, n)) }
	}
	fixed := func(name string) func(testing.TB) string { return func(testing.TB) string { return name } }
	sized := func(n int64) reader.Info { return reader.Info{Kind: reader.Plain, Size: n} }
	sequential := reader.Info{Kind: reader.Sequential}
	unknown := reader.Info{}

	for _, test := range []struct {
		name string
		make func(testing.TB) string
		want reader.Info
	}{
		{"file", file(1000), sized(1000)},
		{"empty file", file(0), infoPlain},
		{"large file", func(t testing.TB) string {
			name := filetest.Write(t, nil)
			if err := os.Truncate(name, 5<<30); err != nil {
				t.Skip(err)
			}
			return name
		}, sized(5 << 30)},
		{"directory", func(t testing.TB) string { return t.TempDir() }, infoPlain},
		{"block device", device, infoPlain},
		{"link to a file", func(t testing.TB) string { return link(t, filetest.Write(t, make([]byte, 7))) }, sized(7)},
		{"link to a directory", func(t testing.TB) string { return link(t, t.TempDir()) }, infoPlain},

		{"FIFO", func(t testing.TB) string { return filetest.NewFIFO(t) }, sequential},
		{"link to a FIFO", func(t testing.TB) string { return link(t, filetest.NewFIFO(t)) }, sequential},
		{"link to a link to a FIFO", func(t testing.TB) string { return link(t, link(t, filetest.NewFIFO(t))) }, sequential},
		{"socket", socket, sequential},
		{"/dev/null", fixed("/dev/null"), sequential},
		{"/dev/zero", fixed("/dev/zero"), sequential},
		{"link to a character device", func(t testing.TB) string { return link(t, "/dev/zero") }, sequential},

		{"missing", fixed("/missing/file"), unknown},
		{"no name", fixed(""), unknown},
		{"dangling link", func(t testing.TB) string { return link(t, "/missing/file") }, unknown},
		{"link to itself", func(t testing.TB) string {
			name := filepath.Join(t.TempDir(), "loop")
			os.Symlink(name, name)
			return name
		}, unknown},
		{"below a file", func(t testing.TB) string { return filetest.Write(t, nil) + "/x" }, unknown},
		{"NUL in the name", fixed("/dev/null\x00"), unknown},
		{"name too long", fixed(strings.Repeat("x", 256)), unknown},
		{"path too long", fixed(strings.Repeat("/x", 5000)), unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			filetest.NoDescriptorLeft(t)
			got := reader.Stat(test.make(t))
			if got.Kind != test.want.Kind || got.Size != test.want.Size {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if known := got.ID != (reader.ID{}); known != (got.Kind != reader.Unknown) {
				t.Errorf("got %+v: the ID of a file that is there, and of no other", got)
			}
		})
	}
}

// TestIdentity: two names of one file have one ID, and so has a descriptor of a
// regular file.
func TestIdentity(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	name, other := filetest.Write(t, []byte("abc")), filetest.Write(t, []byte("abc"))
	hard := filepath.Join(t.TempDir(), "hard")
	if err := os.Link(name, hard); err != nil {
		t.Skip(err)
	}
	id := reader.Stat(name).ID
	for _, same := range []string{link(t, name), hard, filepath.Dir(name) + "/./" + filepath.Base(name)} {
		if got := reader.Stat(same).ID; got != id {
			t.Errorf("%s: got %v, want %v", same, got, id)
		}
	}
	if got := reader.Stat(other).ID; got == id {
		t.Errorf("another file has the same ID %v", got)
	}

	f, err := os.OpenFile(hard, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, ok := reader.Identity(int(f.Fd())); got != id || !ok {
		t.Errorf("of the descriptor: %v, %v, want %v", got, ok, id)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for what, fd := range map[string]int{"pipe": int(r.Fd()), "directory": int(dir.Fd()), "closed": freeDescriptor(t), "negative": -1} {
		if got, ok := reader.Identity(fd); got != (reader.ID{}) || ok {
			t.Errorf("%s: got %v, %v, want none", what, got, ok)
		}
	}
}

// TestStatOfDescriptors: every name for a descriptor of this process is
// Sequential, even if an ordinary file is behind it or nothing at all: a file
// that is opened before its turn comes may get the number.
func TestStatOfDescriptors(t *testing.T) {
	f, err := os.Open(filetest.Write(t, make([]byte, 10)))
	if err != nil {
		t.Fatal(err)
	}
	fd := fmt.Sprint(f.Fd())
	closed := fmt.Sprint(freeDescriptor(t))
	for _, name := range []string{
		"/dev/stdin", "/dev/fd/0", "/dev/fd/" + fd, "/proc/self/fd/" + fd, "/proc/thread-self/fd/" + fd,
		"/dev/fd/" + closed, "/proc/self/fd/" + closed, "//dev/./stdin",
	} {
		if got := reader.Stat(name).Kind; got != reader.Sequential {
			t.Errorf("%s: got kind %d, want %d", name, got, reader.Sequential)
		}
	}
	f.Close()
}

// freeDescriptor returns a number that isn't in use.
func freeDescriptor(t testing.TB) int {
	t.Helper()
	fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
	return fd + 100
}

// TestErrors: the bare errors of the system, from the call that gives them to
// GNU's sha1sum as well.
func TestErrors(t *testing.T) {
	fixed := func(name string) func(testing.TB) string { return func(testing.TB) string { return name } }
	for _, test := range []struct {
		name string
		make func(testing.TB) string
		open error
		fill error
	}{
		{"missing", fixed("/missing/file"), unix.ENOENT, nil},
		{"no name", fixed(""), unix.ENOENT, nil},
		{"dangling link", func(t testing.TB) string { return link(t, "/missing/file") }, unix.ENOENT, nil},
		{"link to itself", func(t testing.TB) string {
			name := filepath.Join(t.TempDir(), "loop")
			os.Symlink(name, name)
			return name
		}, unix.ELOOP, nil},
		{"below a file", func(t testing.TB) string { return filetest.Write(t, nil) + "/x" }, unix.ENOTDIR, nil},
		{"name too long", fixed(strings.Repeat("x", 256)), unix.ENAMETOOLONG, nil},
		{"path too long", fixed(strings.Repeat("/x", 5000)), unix.ENAMETOOLONG, nil},
		{"NUL in the name", fixed("/dev/null\x00"), unix.EINVAL, nil},
		{"directory", func(t testing.TB) string { return t.TempDir() }, nil, unix.EISDIR},
		{"link to a directory", func(t testing.TB) string { return link(t, t.TempDir()) }, nil, unix.EISDIR},
	} {
		t.Run(test.name, func(t *testing.T) {
			name := test.make(t)
			for _, info := range []reader.Info{reader.Stat(name), {}, {Kind: reader.Plain, Size: 4096}, {Kind: reader.Sequential}} {
				filetest.NoDescriptorLeft(t)
				f, err := reader.Open(name, info)
				if err != test.open {
					t.Fatalf("%+v: Open: %v (%T), want %v", info, err, err, test.open)
				}
				if test.open != nil {
					continue
				}
				if n, end, err := f.Fill(make([]byte, 100)); n != 0 || end || err != test.fill {
					t.Errorf("%+v: Fill = %d, %v, %v, want %v", info, n, end, err, test.fill)
				}
				closeFile(t, &f)
			}
		})
	}
}

func TestSocket(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	name := socket(t)
	for _, info := range []reader.Info{reader.Stat(name), infoPlain, {}} {
		// Linux and the BSDs call it by different names.
		if _, err := reader.Open(name, info); err != unix.ENXIO && err != unix.EOPNOTSUPP {
			t.Errorf("%+v: Open: %v", info, err)
		}
	}
}

// TestNames reads files whose names are as long as the system has them, or not
// text, or look like something else.
func TestNames(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	for _, base := range []string{strings.Repeat("x", 255), "\xff\xfe", "a\nb", " ", "-", "--help", "*"} {
		name := filepath.Join(t.TempDir(), base)
		if err := os.WriteFile(name, []byte(base), 0o600); err != nil {
			t.Logf("%q: %v", base, err)
			continue
		}
		f := open(t, name, reader.Stat(name))
		if got, err := drain(f, 1000); err != nil || string(got) != base {
			t.Errorf("%q: got %q, %v", base, got, err)
		}
		closeFile(t, f)
	}
}

func TestDevices(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	for _, info := range []reader.Info{reader.Stat("/dev/null"), infoPlain, {}, {Kind: reader.Plain, Size: 10}} {
		f := open(t, "/dev/null", info)
		if n, end, err := f.Fill(make([]byte, 10)); n != 0 || !end || err != nil {
			t.Errorf("/dev/null, %+v: Fill = %d, %v, %v", info, n, end, err)
		}
		closeFile(t, f)
	}
	f := open(t, "/dev/zero", reader.Stat("/dev/zero"))
	defer closeFile(t, f)
	for range 3 { // never ends
		if n, end, err := f.Fill(make([]byte, 1000)); n != 1000 || end || err != nil {
			t.Errorf("/dev/zero: Fill = %d, %v, %v", n, end, err)
		}
	}
}

// writeFIFO opens a FIFO, which waits for its reader, and writes to it.
func writeFIFO(t testing.TB, name string, chunks ...string) {
	w, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Error(err)
		return
	}
	for _, c := range chunks {
		yield()
		if _, err := io.WriteString(w, c); err != nil {
			t.Error(err)
		}
	}
	yield()
	w.Close()
}

// yield lets others get on first, now and then.
func yield() {
	for range 5 {
		runtime.Gosched()
	}
}

// TestFIFO reads from writers that come before the open, or wait in it, and
// that write little at a time.
func TestFIFO(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	name := filetest.NewFIFO(t)
	big := string(filetest.Random(300_000)) // more than a pipe holds
	for _, chunks := range [][]string{{}, {""}, {"a"}, {"abc", "def"}, {big}, strings.SplitAfter(big, "\n")} {
		for _, size := range []int{1 << 10, 128 << 10} {
			go writeFIFO(t, name, chunks...)
			f := open(t, name, reader.Stat(name))
			got, err := drain(f, size)
			if want := strings.Join(chunks, ""); err != nil || string(got) != want {
				t.Errorf("%d chunks: got %d bytes, error %v, want %d", len(chunks), len(got), err, len(want))
			}
			closeFile(t, f)
		}
	}
}

// TestOpenWaits: a FIFO that was seen to be one is opened as open(2) does it,
// with its writer.
func TestOpenWaits(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	for range 20 {
		name := filetest.NewFIFO(t)
		var came atomic.Bool
		go func() {
			yield()
			came.Store(true)
			writeFIFO(t, name)
		}()
		f := open(t, name, reader.Stat(name))
		if !came.Load() {
			t.Error("opened before there was a writer")
		}
		if got, err := drain(f, 100); len(got) != 0 || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		closeFile(t, f)
	}
}

// TestOneWriterAtATime: what the next writer has to say belongs to the next
// open.
func TestOneWriterAtATime(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	name := filetest.NewFIFO(t)
	for i := range 20 {
		said := fmt.Sprintf("writer %d", i)
		go writeFIFO(t, name, said)
		f := open(t, name, reader.Stat(name))
		got, err := drain(f, 100)
		if err != nil || string(got) != said {
			t.Fatalf("got %q, %v, want %q", got, err, said)
		}
		closeFile(t, f)
	}
}

// TestSwappedForFIFO puts a FIFO in a file's place after it was looked at. It is
// opened without waiting then; still it is read as a FIFO, whenever its writer
// comes.
func TestSwappedForFIFO(t *testing.T) {
	const said = "what the writer says"
	// What the open leaves behind is the FIFO's reading end, so that the writers
	// below don't wait for one.
	openEnd := func(t *testing.T, name string) *os.File {
		t.Helper()
		w, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	for _, test := range []struct {
		name string
		// arrange is called between the open and the read. What it returns runs
		// beside the read.
		arrange func(t *testing.T, name string) func()
		want    string
	}{
		{"the writer comes later", func(t *testing.T, name string) func() {
			return func() { writeFIFO(t, name, said) }
		}, said},
		{"the writer comes later and says nothing", func(t *testing.T, name string) func() {
			return func() { writeFIFO(t, name) }
		}, ""},
		{"the writer is there and says it later", func(t *testing.T, name string) func() {
			w := openEnd(t, name)
			return func() { yield(); io.WriteString(w, said); w.Close() }
		}, said},
		{"the writer is there and leaves later", func(t *testing.T, name string) func() {
			w := openEnd(t, name)
			return func() { yield(); w.Close() }
		}, ""},
		{"the writer says it in two parts", func(t *testing.T, name string) func() {
			w := openEnd(t, name)
			io.WriteString(w, said[:5])
			return func() { yield(); io.WriteString(w, said[5:]); w.Close() }
		}, said},
		{"the writer said it and is there", func(t *testing.T, name string) func() {
			w := openEnd(t, name)
			io.WriteString(w, said)
			return func() { yield(); w.Close() }
		}, said},
		{"the writer said it and left", func(t *testing.T, name string) func() {
			writeFIFO(t, name, said)
			return func() {}
		}, said},
		{"a second writer comes while the first is there", func(t *testing.T, name string) func() {
			first, second := openEnd(t, name), openEnd(t, name)
			return func() {
				io.WriteString(first, said[:5])
				first.Close()
				yield()
				io.WriteString(second, said[5:])
				second.Close()
			}
		}, said},
	} {
		for _, info := range []reader.Info{{Kind: reader.Plain}, {Kind: reader.Plain, Size: 5000}, {Kind: reader.Unknown}} {
			t.Run(fmt.Sprintf("%s/kind=%d,size=%d", test.name, info.Kind, info.Size), func(t *testing.T) {
				filetest.NoDescriptorLeft(t)
				for range 20 { // writer and reader meet a little differently each time
					name := filetest.NewFIFO(t)
					f := open(t, name, info)
					beside := test.arrange(t, name)
					done := make(chan struct{})
					go func() { defer close(done); yield(); beside() }()
					got, err := drain(f, 100)
					if err != nil || string(got) != test.want {
						t.Errorf("got %q, %v, want %q", got, err, test.want)
					}
					<-done
					closeFile(t, f)
				}
			})
		}
	}
}

// TestSwappedForDirectory puts a directory in a file's place after it was looked at.
func TestSwappedForDirectory(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	f := open(t, t.TempDir(), reader.Info{Kind: reader.Plain, Size: 100})
	defer closeFile(t, f)
	if n, end, err := f.Fill(make([]byte, 10)); n != 0 || end || err != unix.EISDIR {
		t.Errorf("Fill = %d, %v, %v, want EISDIR", n, end, err)
	}
}

// TestSwappedForFile puts a file in a FIFO's place.
func TestSwappedForFile(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	data := filetest.Random(1000)
	f := open(t, filetest.Write(t, data), reader.Info{Kind: reader.Sequential})
	defer closeFile(t, f)
	if got, err := drain(f, 128); err != nil || !bytes.Equal(got, data) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

// TestDescriptor reads from where the descriptor is and leaves it at its end,
// where everybody who shares it finds it.
func TestDescriptor(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	data := filetest.Random(1000)
	owner, err := os.Open(filetest.Write(t, data))
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	if _, err := owner.Seek(7, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	f := reader.From(reader.Descriptor(owner.Fd()))
	got, err := drain(&f, 128)
	if err != nil || !bytes.Equal(got, data[7:]) {
		t.Errorf("got %d bytes, %v, want %d", len(got), err, len(data)-7)
	}
	closeFile(t, &f)
	if at, err := owner.Seek(0, io.SeekCurrent); at != int64(len(data)) || err != nil {
		t.Errorf("the owner is at %d, %v, want the end", at, err)
	}
	again := reader.From(reader.Descriptor(owner.Fd()))
	if got, err := drain(&again, 128); err != nil || len(got) != 0 {
		t.Errorf("the second time: got %d bytes, %v, want none", len(got), err)
	}
}

func TestDescriptorIsAReader(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() { io.WriteString(w, "abc"); w.Close() }()
	d := reader.Descriptor(r.Fd()) // Fd makes it a descriptor that waits
	if n, err := d.Read(nil); n != 0 || err != nil {
		t.Errorf("Read(nil) = %d, %v", n, err)
	}
	got, err := io.ReadAll(d)
	if string(got) != "abc" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if n, err := d.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("Read at the end = %d, %v, want io.EOF", n, err)
	}
}

func TestDescriptorErrors(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	readOnly, writeOnly, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer readOnly.Close()
	defer writeOnly.Close()
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for _, test := range []struct {
		name string
		fd   int
		want error
	}{
		{"closed", freeDescriptor(t), unix.EBADF},
		{"negative", -1, unix.EBADF},
		{"write-only", int(writeOnly.Fd()), unix.EBADF},
		{"directory", int(dir.Fd()), unix.EISDIR},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := reader.From(reader.Descriptor(test.fd))
			if n, end, err := f.Fill(make([]byte, 10)); n != 0 || end || err != test.want {
				t.Errorf("Fill = %d, %v, %v, want %v", n, end, err, test.want)
			}
		})
	}
}

// TestAllocations counts what a small file costs: its name is copied for each of
// the two system calls that take it.
func TestAllocations(t *testing.T) {
	name := filetest.Write(t, filetest.Random(1000))
	buf := make([]byte, 4096)
	allocs := testing.AllocsPerRun(100, func() {
		f, err := reader.Open(name, reader.Stat(name))
		if err != nil {
			t.Fatal(err)
		}
		if n, end, err := f.Fill(buf); n != 1000 || !end || err != nil {
			t.Fatal(n, end, err)
		}
		f.Close()
	})
	if allocs > 2 {
		t.Errorf("%v allocations, want 2", allocs)
	}
}
