package reader_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/reader"
)

// drain reads a file to its end, size bytes at a time. It holds Fill to its
// promise that the buffer is full unless the file ended.
func drain(f *reader.File, size int) ([]byte, error) { return drainInto(f, size, size) }

// drainInto does so with buffers that have some capacity beyond their size.
func drainInto(f *reader.File, size, capacity int) ([]byte, error) {
	var all []byte
	for {
		buf := make([]byte, size, capacity)
		n, end, err := f.Fill(buf)
		if err != nil {
			return all, err
		}
		all = append(all, buf[:n]...)
		if end {
			return all, nil
		}
		if n < size {
			return all, fmt.Errorf("Fill: %d of %d bytes, and not the end", n, size)
		}
	}
}

func open(t testing.TB, name string, info reader.Info) *reader.File {
	t.Helper()
	f, err := reader.Open(name, info)
	if err != nil {
		t.Fatalf("Open(%q): %v", name, err)
	}
	return &f
}

// exactly is what Stat says of a file on a local disk, to who knows that it is.
func exactly(name string) reader.Info {
	info := reader.Stat(name)
	info.Exact = true
	return info
}

func closeFile(t testing.TB, f *reader.File) {
	t.Helper()
	if err := f.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// TestSizes reads files of sizes around the edges of the buffer. What Stat said
// of the size may be right, or the file may have grown from or shrunk to what
// it is since, or have no size, as in /proc: all of it comes, once.
func TestSizes(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	const buffer = 128
	sizes := []int{0, 1, 63, 64, 127, 128, 129, 191, 255, 256, 257, 383, 384, 385, 1000}
	for _, size := range sizes {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			data := filetest.Random(size)
			name := filetest.Write(t, data)
			if got := reader.Stat(name); got.Kind != reader.Plain || got.Size != int64(size) {
				t.Errorf("Stat: %+v", got)
			}
			for _, hint := range append(sizes, size-1, size+1, size/2, 2*size, 1<<40) {
				for i, kind := range []reader.Kind{reader.Plain, reader.Sequential, reader.Unknown, reader.Plain} {
					info := reader.Info{Kind: kind, Size: int64(max(hint, 0)), Exact: i == 3}
					f := open(t, name, info)
					got, err := drain(f, buffer)
					if err != nil || !bytes.Equal(got, data) {
						t.Errorf("%+v: got %d bytes, error %v, want %d bytes", info, len(got), err, size)
					}
					closeFile(t, f)
				}
			}
		})
	}
}

// TestChangesWhileRead changes a file's length after the first buffer.
func TestChangesWhileRead(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	const buffer = 128
	data := filetest.Random(10 * buffer)
	for _, test := range []struct {
		name          string
		before, after int
	}{
		{"grows within its last buffer", 200, 250},
		{"grows to the end of its last buffer", 200, 256},
		{"grows by buffers", 200, 1000},
		{"grows from a whole buffer", 128, 200},
		{"grows from whole buffers by one", 256, 384},
		{"shrinks within its last buffer", 250, 200},
		{"shrinks by buffers", 1000, 200},
		{"shrinks to what was read", 200, 128},
		{"shrinks below what was read", 200, 64},
		{"shrinks to nothing", 200, 0},
	} {
		for _, capacity := range []int{buffer, buffer + 16, 2 * buffer, 20 * buffer} {
			t.Run(fmt.Sprintf("%s/capacity=%d", test.name, capacity), func(t *testing.T) {
				name := filetest.Write(t, data[:test.before])
				f := open(t, name, exactly(name))
				defer closeFile(t, f)
				first := make([]byte, buffer) // without more room, so that it isn't the end
				if n, end, err := f.Fill(first); n != buffer || end || err != nil {
					t.Fatalf("Fill = %d, %v, %v", n, end, err)
				}
				change(t, name, data[:test.after])
				rest, err := drainInto(f, buffer, capacity)
				if err != nil {
					t.Fatal(err)
				}
				if want := data[buffer:max(test.after, buffer)]; !bytes.Equal(rest, want) {
					t.Errorf("got %d bytes behind the first buffer, want %d", len(rest), len(want))
				}
			})
		}
	}
}

// change gives an existing file another length, in place. data begins with what
// the file held so far, or the other way round.
func change(t *testing.T, name string, data []byte) {
	t.Helper()
	w, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Truncate(int64(len(data))); err != nil {
		t.Fatal(err)
	}
}

// TestFillRoom: one call is enough for a file that is shorter than the buffer.
func TestFillRoom(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	name := filetest.Write(t, filetest.Random(100))
	for _, test := range []struct {
		name string
		room int
		n    int
		end  bool
	}{
		{"no room", 0, 0, false},
		{"less than the file", 99, 99, false},
		{"just the file", 100, 100, false}, // it may have grown: the next read tells
		{"a byte more", 101, 100, true},
		{"much more", 1000, 100, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, info := range []reader.Info{reader.Stat(name), exactly(name)} {
				f := open(t, name, info)
				n, end, err := f.Fill(make([]byte, test.room))
				if n != test.n || end != test.end || err != nil {
					t.Errorf("%+v: Fill = %d, %v, %v, want %d, %v", info, n, end, err, test.n, test.end)
				}
				closeFile(t, f)
			}
		})
	}
}

// TestFillCapacity: what would be a short rest goes into the capacity behind the
// buffer, and nothing else does.
func TestFillCapacity(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	const room, capacity = 128, 160
	for _, test := range []struct {
		size   int
		pieces []int
	}{
		{100, []int{100}},
		{127, []int{127}},
		{128, []int{128}},
		{129, []int{129}},
		{159, []int{159}},
		{160, []int{128, 32}}, // there would be no room to see that this is all
		{255, []int{128, 127}},
		{256, []int{128, 128}},
		{287, []int{128, 159}},
		{288, []int{128, 128, 32}},
	} {
		data := filetest.Random(test.size)
		name := filetest.Write(t, data)
		f := open(t, name, reader.Stat(name))
		var all []byte
		for i, want := range test.pieces {
			buf := make([]byte, room, capacity)
			n, end, err := f.Fill(buf)
			if n != want || end != (i == len(test.pieces)-1) || err != nil {
				t.Fatalf("%d bytes: Fill = %d, %v, %v as piece %d of %v", test.size, n, end, err, i, test.pieces)
			}
			all = append(all, buf[:n]...)
		}
		if !bytes.Equal(all, data) {
			t.Errorf("%d bytes: something else was read", test.size)
		}
		closeFile(t, f)
	}
}

// TestFillUnsized: a file that didn't say its length is read in buffers as long
// as they are.
func TestFillUnsized(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	f := open(t, filetest.Write(t, filetest.Random(150)), reader.Info{})
	defer closeFile(t, f)
	for _, want := range []int{128, 22} {
		n, end, err := f.Fill(make([]byte, 128, 160))
		if n != want || end != (want < 128) || err != nil {
			t.Fatalf("Fill = %d, %v, %v, want %d", n, end, err, want)
		}
	}
}

// TestIsAReader holds File.Read to what io.Reader asks.
func TestIsAReader(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	for _, size := range []int{0, 1, 1000, 100_000} {
		data := filetest.Random(size)
		name := filetest.Write(t, data)
		for _, info := range []reader.Info{reader.Stat(name), {}} {
			f := open(t, name, info)
			if err := iotest.TestReader(f, data); err != nil {
				t.Errorf("%d bytes, %+v: %v", size, info, err)
			}
			closeFile(t, f)
		}
	}
}

// An idleReader often returns (0, nil), which io.Reader allows.
type idleReader struct {
	r     io.Reader
	calls int
}

func (r *idleReader) Read(p []byte) (int, error) {
	if r.calls++; r.calls%3 != 0 {
		return 0, nil
	}
	return r.r.Read(p)
}

// A script is a reader that gives what it is told to, call by call, and counts
// calls beyond that.
type script struct {
	steps []step
	extra int
}

type step struct {
	data string
	err  error
}

func (r *script) Read(p []byte) (int, error) {
	if len(r.steps) == 0 {
		r.extra++
		return 0, io.EOF
	}
	s := r.steps[0]
	r.steps = r.steps[1:]
	return copy(p, s.data), s.err
}

// TestFrom reads readers of every temper.
func TestFrom(t *testing.T) {
	data := filetest.Random(1000)
	for _, test := range []struct {
		name string
		wrap func(io.Reader) io.Reader
	}{
		{"plain", func(r io.Reader) io.Reader { return r }},
		{"one byte at a time", iotest.OneByteReader},
		{"half of what is asked", iotest.HalfReader},
		{"end comes with the last bytes", iotest.DataErrReader},
		{"often nothing", func(r io.Reader) io.Reader { return &idleReader{r: r} }},
	} {
		for _, size := range []int{1, 7, 128, 500, 999, 1000, 1001, 5000} {
			t.Run(fmt.Sprintf("%s/%d", test.name, size), func(t *testing.T) {
				f := reader.From(test.wrap(bytes.NewReader(data)))
				got, err := drain(&f, size)
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("got %d bytes, error %v", len(got), err)
				}
			})
		}
	}
}

var errBroken = errors.New("broken")

// TestFromErrors: an error is never taken for an end, and no reader is asked
// again after either.
func TestFromErrors(t *testing.T) {
	for _, test := range []struct {
		name  string
		steps []step
		data  string
		err   error
	}{
		{"at once", []step{{"", errBroken}}, "", errBroken},
		{"after bytes", []step{{"abc", nil}, {"", errBroken}}, "abc", errBroken},
		{"with bytes", []step{{"abc", errBroken}}, "abc", errBroken},
		{"with the bytes that fill the buffer", []step{{"abcdefgh", errBroken}}, "abcdefgh", errBroken},
		{"unexpected end", []step{{"abc", io.ErrUnexpectedEOF}}, "abc", io.ErrUnexpectedEOF},
		{"end", []step{{"abc", nil}, {"", io.EOF}}, "abc", nil},
		{"end with bytes", []step{{"abc", nil}, {"def", io.EOF}}, "abcdef", nil},
		{"end with the bytes that fill the buffer", []step{{"abcdefgh", io.EOF}}, "abcdefgh", nil},
		{"nothing for a while", append(make([]step, 50), step{"abc", io.EOF}), "abc", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &script{steps: test.steps}
			f := reader.From(r)
			var got []byte
			var err error
			for end := false; !end && err == nil; {
				buf := make([]byte, 8)
				var n int
				n, end, err = f.Fill(buf)
				got = append(got, buf[:n]...)
			}
			if string(got) != test.data || err != test.err {
				t.Errorf("got %q, %v, want %q, %v", got, err, test.data, test.err)
			}
			if r.extra > 0 {
				t.Errorf("asked %d times more after the end", r.extra)
			}
		})
	}
}

func TestFromNoProgress(t *testing.T) {
	f := reader.From(&script{steps: make([]step, 1<<20)})
	if n, end, err := f.Fill(make([]byte, 8)); n != 0 || end || err != io.ErrNoProgress {
		t.Errorf("Fill = %d, %v, %v, want io.ErrNoProgress", n, end, err)
	}
}

type closer struct {
	io.Reader
	closed bool
}

func (c *closer) Close() error { c.closed = true; return nil }

func TestCloseLeavesTheReaderOpen(t *testing.T) {
	c := &closer{Reader: strings.NewReader("abc")}
	f := reader.From(c)
	closeFile(t, &f)
	if c.closed {
		t.Error("the io.Reader was closed")
	}
}

// TestMissing: what can't be looked at is Unknown, and Open says why.
func TestMissing(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	dir := t.TempDir()
	for _, test := range []struct{ name, file string }{
		{"no such file", filepath.Join(dir, "missing")},
		{"no such directory", filepath.Join(dir, "missing", "file")},
		{"no name", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if info := reader.Stat(test.file); info != (reader.Info{}) {
				t.Errorf("Stat: %+v, want nothing", info)
			}
			_, err := reader.Open(test.file, reader.Info{})
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Open: %v", err)
			}
			if wrapped := errors.Unwrap(err); wrapped != nil {
				t.Errorf("Open: %T, want the bare error", err)
			}
		})
	}
}

// TestAppearsLate opens what wasn't there when it was looked at.
func TestAppearsLate(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	data := filetest.Random(1000)
	name := filepath.Join(t.TempDir(), "late")
	info := reader.Stat(name)
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f := open(t, name, info)
	defer closeFile(t, f)
	if got, err := drain(f, 128); err != nil || !bytes.Equal(got, data) {
		t.Errorf("got %d bytes, error %v", len(got), err)
	}
}

// TestVanishes: between the look and the open, and between the open and the
// read, where it makes no difference.
func TestVanishes(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	data := filetest.Random(1000)
	name := filetest.Write(t, data)
	info := reader.Stat(name)
	f := open(t, name, info)
	defer closeFile(t, f)
	if err := os.Remove(name); err != nil {
		t.Skip(err) // open files can't be removed everywhere
	}
	if got, err := drain(f, 128); err != nil || !bytes.Equal(got, data) {
		t.Errorf("got %d bytes, error %v", len(got), err)
	}
	if _, err := reader.Open(name, info); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open: %v", err)
	}
}

func BenchmarkTinyFile(b *testing.B) {
	name := filetest.Write(b, filetest.Random(2000))
	buf := make([]byte, 128<<10)
	b.ReportAllocs()
	for b.Loop() {
		f := open(b, name, reader.Stat(name))
		if _, end, err := f.Fill(buf); !end || err != nil {
			b.Fatal(end, err)
		}
		f.Close()
	}
}
