package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// enoughForARing is more small files than it takes for a ring to be made.
const enoughForARing = 100

// haveRing reports whether the system supports rings.
func haveRing(t testing.TB) bool {
	t.Helper()
	r, err := reader.NewRing(64)
	if err != nil {
		t.Log("no ring here:", err)
		return false
	}
	r.Close()
	return true
}

// ringWays are the ways of reading that use a ring, if the system supports one.
func ringWays(t testing.TB) []pipeline.IO {
	if haveRing(t) {
		return []pipeline.IO{pipeline.AutoIO, pipeline.RingIO}
	}
	return []pipeline.IO{pipeline.AutoIO}
}

// wrongSize returns system files whose size is not the length of their contents, and
// the contents. A ring must hand them over to read(2).
func wrongSize() (files []file) {
	for _, name := range []string{"/sys/kernel/mm/transparent_hugepage/enabled", "/sys/devices/system/cpu/online", "/sys/kernel/fscaps"} {
		if data, err := os.ReadFile(name); err == nil {
			files = append(files, file{name, data})
		}
	}
	return files
}

// TestWays checks which way is used, and that without ring support a ring is an error
// or silently not used, depending on the option. The type of a file system is known
// once a file on it has been read with read(2).
func TestWays(t *testing.T) {
	guard(t)
	filetest.NeedLocalDisk(t)
	have := haveRing(t)
	small, large, empty := tree(t, []int{100})[0].name, filetest.Write(t, filetest.Random(3*buffer)), filetest.Write(t, nil)
	repeated := func(name string, n int) []string { return slices.Repeat([]string{name}, n) }
	for _, test := range []struct {
		title string
		names []string
		opt   pipeline.Options
		want  string
	}{
		{"nothing", nil, pipeline.Options{}, ""},
		{"few small files", repeated(small, 63), pipeline.Options{}, "read"},
		{"small files", repeated(small, 5000), pipeline.Options{}, "io_uring read"},
		{"large files", repeated(large, 70), pipeline.Options{}, "read"},
		{"empty files", repeated(empty, 200), pipeline.Options{}, "read"},
		{"small files, read", repeated(small, 200), pipeline.Options{IO: pipeline.ReadIO}, "read"},
		{"small files, one by one", repeated(small, 200), pipeline.Options{Files: 1}, "read"},
		{"small files, three by three", repeated(small, 200), pipeline.Options{Files: 3}, "read"},
		{"small files, dropped", repeated(small, 200), pipeline.Options{DropCache: true}, "read"},
		{"a ring for one small file", repeated(small, 1), pipeline.Options{IO: pipeline.RingIO}, "read"},
		{"a ring for all", append(repeated(small, 200), large, empty), pipeline.Options{IO: pipeline.RingIO}, "io_uring read"},
		{"a ring for large files", repeated(large, 10), pipeline.Options{IO: pipeline.RingIO}, "read"},
		{"a ring, one by one", append(repeated(small, 200), large), pipeline.Options{IO: pipeline.RingIO, Files: 1}, "read"},
		{"a ring, dropped", append(repeated(small, 200), large), pipeline.Options{IO: pipeline.RingIO, DropCache: true}, "read"},
		{"a ring and a device", append(repeated(small, 200), "/dev/null"), pipeline.Options{IO: pipeline.RingIO}, "io_uring read"},
	} {
		t.Run(test.title, func(t *testing.T) {
			var used pipeline.Used
			test.opt.Used = &used
			if test.opt.IO == pipeline.RingIO && !have {
				err := pipeline.Run(context.Background(), pipeline.Names(test.names...), &keeper{}, test.opt)
				if !errors.As(err, new(unix.Errno)) {
					t.Errorf("without a ring Run = %v, want the system's error", err)
				}
				return
			}
			var k keeper // not the forced way
			if err := pipeline.Run(context.Background(), pipeline.Names(test.names...), &k, test.opt); err != nil {
				t.Fatal(err)
			}
			for i, r := range k.results {
				if r.Err != nil || !r.Opened || r.Name != test.names[i] {
					t.Errorf("%s: %v, opened: %v", r.Name, r.Err, r.Opened)
				}
			}
			want := test.want
			if !have {
				want = strings.TrimPrefix(want, "io_uring ")
			}
			if got := strings.Join(used.IO, " "); got != want {
				t.Errorf("read with %q, want %q", got, want)
			}
		})
	}
}

// TestRingMix reads tiny, small and huge files, errors, files with wrong sizes,
// barriers and markers through a ring.
func TestRingMix(t *testing.T) {
	filetest.NeedLocalDisk(t)
	items := repetitions(3000, 4000, 10_000)
	files := tree(t, []int{0, 1, 63, 64, 65, 1000, 2000, 4096, 8000, buffer - 1, buffer, buffer + 1, buffer + buffer/8 - 1, buffer + buffer/8, 5*buffer + 1})
	files = append(files, wrongSize()...)
	dir := t.TempDir()
	onProcessors(t, func(t *testing.T) {
		for _, way := range ringWays(t) {
			rng := rand.New(rand.NewPCG(6, uint64(way)))
			asked := make([]*file, 0, items)
			src := count(items, func(i int) pipeline.Item {
				var f *file
				item := pipeline.Item{Data: i}
				switch rng.IntN(40) {
				case 0:
					item.Marker = true
				case 1:
					item.Name = "/missing/file"
				case 2:
					item.Name = dir
				case 3:
					f = &file{data: filetest.Random(rng.IntN(3000))}
					item.Reader, item.Barrier = bytes.NewReader(f.data), rng.IntN(2) == 0
				case 4:
					f = &files[rng.IntN(len(files))]
					item.Name, item.Barrier = f.name, true
				case 5, 6:
					f = &files[rng.IntN(len(files))]
					item.Name = f.name
				default:
					f = &files[rng.IntN(8)]
					item.Name = f.name
				}
				asked = append(asked, f)
				return item
			})
			var used pipeline.Used
			for i, r := range run(t, src, pipeline.Options{IO: way, Used: &used}) {
				switch f := asked[i]; {
				case r.Data != i:
					t.Fatalf("result %d is that of item %v", i, r.Data)
				case f != nil:
					if checkDigest(t, r, f.data); !r.Opened {
						t.Errorf("%s wasn't opened", r.Name)
					}
				case r.Name == dir && r.Err != unix.EISDIR, r.Name == "/missing/file" && (r.Err != unix.ENOENT || r.Opened):
					t.Errorf("%s: %v, opened: %v", r.Name, r.Err, r.Opened)
				}
			}
			wanted := way != pipeline.AutoIO || forced != pipeline.ReadIO
			if wanted && haveRing(t) && !slices.Contains(used.IO, "io_uring") {
				t.Errorf("read with %q", used.IO)
			}
		}
	})
}

// TestRingCancel cancels runs while a ring has their files: files that it reads whole,
// hands over or refuses.
func TestRingCancel(t *testing.T) {
	rounds := repetitions(40, 50, 150)
	files := append(tree(t, []int{1, 100, 1000, 2000}), wrongSize()...)
	guard(t)
	vanishing := filepath.Join(t.TempDir(), "vanishing")
	for _, way := range ringWays(t) {
		for round := range rounds {
			rng := rand.New(rand.NewPCG(8, uint64(round)))
			var left atomic.Int64
			left.Store(rng.Int64N(700))
			ctx, cancel := context.WithCancelCause(context.Background())
			tick := func() {
				if left.Add(-1) == 0 {
					cancel(errCause)
				}
			}
			next := 0
			sink := &keeper{onResult: func(r *pipeline.Result) error {
				tick()
				if r.Data != next {
					t.Errorf("result %d is that of item %v", next, r.Data)
				}
				next++
				if r.Name != vanishing {
					checkDigest(t, *r, files[slices.IndexFunc(files, func(f file) bool { return f.name == r.Name })].data)
				} else if r.Err != nil && r.Err != unix.ENOENT {
					t.Errorf("%s: %v", r.Name, r.Err)
				}
				return nil
			}}
			src := count(400, func(i int) pipeline.Item {
				tick()
				switch rng.IntN(20) {
				case 0:
					os.WriteFile(vanishing, []byte("now you see me"), 0o600)
				case 1:
					os.Remove(vanishing)
				case 2, 3:
					return pipeline.Item{Data: i, Name: vanishing}
				}
				return pipeline.Item{Data: i, Name: files[rng.IntN(len(files))].name}
			})
			if err := pipeline.Run(ctx, src, sink, pipeline.Options{IO: way}); err != errCause && (err != nil || next != 400) {
				t.Errorf("Run = %v after %d results", err, next)
			}
			cancel(nil)
		}
	}
}

// TestRingBehindFIFOs: barriers hold while a ring is in use. The producer of each FIFO
// replaces the small files that are listed behind it.
func TestRingBehindFIFOs(t *testing.T) {
	guard(t)
	for _, way := range ringWays(t) {
		dir := t.TempDir()
		sink := newWritten()
		var all, contents []string
		var fifos []int
		for i := range repetitions(5, 5, 10) * enoughForARing {
			name := filepath.Join(dir, fmt.Sprint(i))
			if i%enoughForARing == enoughForARing-1 {
				filetest.MakeFIFO(t, name)
				fifos = append(fifos, i)
				contents = append(contents, fmt.Sprint("FIFO ", i))
			} else {
				replace(t, name, "old")
				contents = append(contents, fmt.Sprint(map[bool]string{true: "old", false: "new"}[i < enoughForARing]))
			}
			all = append(all, name)
		}
		go func() {
			for _, i := range fifos {
				produce(t, all[i], contents[i], func() {
					if n := sink.now(); n != i {
						t.Errorf("FIFO %d was opened with %d results written", i, n)
					}
					yield()
					for j := i + 1; j < len(all) && j%enoughForARing != enoughForARing-1; j++ {
						replace(t, all[j], "new")
					}
				})
			}
		}()
		if err := pipeline.Run(context.Background(), pipeline.Names(all...), sink, pipeline.Options{IO: way}); err != nil {
			t.Error(err)
		}
		checkContents(t, sink.results, contents...)
	}
}

// fill opens files until n descriptors are left below a limit that allows a ring.
func fill(t *testing.T, n int) {
	t.Helper()
	filetest.TakeDescriptors(t, 300+len(filetest.Descriptors(t)), n)
}

// TestRingWithFewDescriptors: a ring takes no descriptor that a file needs: not for
// itself, not while it is set up, and not for the files that it hands over.
func TestRingWithFewDescriptors(t *testing.T) {
	files := append(tree(t, []int{0, 1, 100, 1000, 2 * buffer}), wrongSize()...)
	guard(t)
	rounds := repetitions(5, 8, 20)
	for _, n := range []int{fewest, 2, 3, 5} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			fill(t, n)
			for range rounds {
				k := &keeper{}
				src := count(3*enoughForARing, func(i int) pipeline.Item { return pipeline.Item{Name: files[i%len(files)].name} })
				if err := pipeline.Run(context.Background(), src, k, pipeline.Options{}); err != nil {
					t.Error(err)
				}
				for i, r := range k.results {
					if checkDigest(t, r, files[i%len(files)].data); t.Failed() {
						return
					}
				}
			}
		})
	}
}

// TestRingWithoutDescriptors: if another part of the process took the last descriptor,
// nothing waits for one in vain. The files that the ring reads need none.
func TestRingWithoutDescriptors(t *testing.T) {
	if !haveRing(t) {
		return
	}
	filetest.NeedLocalDisk(t)
	files := tree(t, []int{0, 100})
	empty, small := files[0], files[1]
	guard(t)
	src := count(3*enoughForARing, func(i int) pipeline.Item {
		if i != enoughForARing {
			return pipeline.Item{Name: files[min(i%50, 1)].name}
		}
		return pipeline.Item{Barrier: true, Reader: readerFunc(func([]byte) (int, error) {
			fill(t, 0)
			return 0, io.EOF
		})}
	})
	var k keeper
	if err := pipeline.Run(context.Background(), src, &k, pipeline.Options{}); err != nil {
		t.Error(err)
	}
	for i, r := range k.results {
		switch {
		case i > enoughForARing && r.Name == empty.name:
			if r.Err != unix.EMFILE {
				t.Errorf("result %d: %v, want EMFILE", i, r.Err)
			}
		case i > enoughForARing && r.Err == unix.EMFILE:
		case r.Name == small.name:
			checkDigest(t, r, small.data)
		default:
			checkDigest(t, r, nil)
		}
	}
	if len(k.results) != 3*enoughForARing {
		t.Errorf("%d results, want %d", len(k.results), 3*enoughForARing)
	}
}

// TestBatchesWithoutDescriptors: the same without a ring, and with a cache, which needs
// the file system of each file and has to open it for that.
func TestBatchesWithoutDescriptors(t *testing.T) {
	files := tree(t, []int{0, 100, 2 * buffer})
	guard(t)
	for name, opt := range map[string]pipeline.Options{"read": {IO: pipeline.ReadIO}, "cache": {Cache: &notebook{}}} {
		t.Run(name, func(t *testing.T) {
			src := count(3*enoughForARing, func(i int) pipeline.Item {
				switch {
				case i < enoughForARing: // not looked up in the cache
					return pipeline.Item{Name: files[0].name}
				case i > enoughForARing:
					return pipeline.Item{Name: files[i%len(files)].name}
				}
				return pipeline.Item{Barrier: true, Reader: readerFunc(func([]byte) (int, error) {
					fill(t, 0)
					return 0, io.EOF
				})}
			})
			opt.SetStalls(1, oneIn(10))
			var k keeper
			if err := pipeline.Run(context.Background(), src, &k, opt); err != nil {
				t.Error(err)
			}
			for i, r := range k.results {
				if i <= enoughForARing {
					checkDigest(t, r, nil)
				} else if r.Err != unix.EMFILE {
					t.Errorf("%s: %v, want EMFILE", r.Name, r.Err)
				}
			}
			if len(k.results) != 3*enoughForARing {
				t.Errorf("%d results", len(k.results))
			}
		})
	}
}

// TestFilesInOrder: with Files 1 each file is closed before the next is opened, and
// with N at most N are open.
func TestFilesInOrder(t *testing.T) {
	guard(t)
	dir := t.TempDir()
	var names []string
	for i := range 300 {
		name := filepath.Join(dir, fmt.Sprintf("%03d", i))
		size := i
		if i%50 == 0 {
			size = 2*buffer + i
		}
		if err := os.WriteFile(name, filetest.Random(size), 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	for _, way := range append(ringWays(t), pipeline.ReadIO) {
		for _, n := range []int{1, 3} {
			fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
			if err != nil {
				t.Log("no inotify:", err)
				return
			}
			if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_OPEN|unix.IN_CLOSE_NOWRITE); err != nil {
				t.Fatal(err)
			}
			for _, r := range run(t, pipeline.Names(names...), pipeline.Options{IO: way, Files: n}) {
				if r.Err != nil {
					t.Error(r.Err)
				}
			}
			events := make([]byte, 1<<20)
			got, err := unix.Read(fd, events)
			unix.Close(fd)
			if err != nil {
				t.Fatal(err)
			}
			open, most, opened, ordered := 0, 0, 0, true
			for events = events[:got]; len(events) > 0; {
				mask := uint32(events[4]) | uint32(events[5])<<8
				length := int(events[12]) | int(events[13])<<8
				name := string(bytes.TrimRight(events[unix.SizeofInotifyEvent:][:length], "\x00"))
				events = events[unix.SizeofInotifyEvent+length:]
				if mask&unix.IN_OPEN != 0 {
					if name != fmt.Sprintf("%03d", opened) {
						ordered = false
					}
					opened++
					open++
					most = max(most, open)
				} else {
					open--
				}
			}
			// The kernel may keep a file of a ring open for a moment after its descriptor was
			// closed, and reports the close only then.
			late := way == pipeline.RingIO
			if opened != len(names) || most > n && !late || n == 1 && !ordered {
				t.Errorf("way %d, %d files at a time: %d were opened, in order: %v, %d at a time", way, n, opened, ordered, most)
			}
		}
	}
}

// TestFilesAtATime: the same for Readers. All N are read at once.
func TestFilesAtATime(t *testing.T) {
	guard(t)
	for _, n := range []int{1, 2, 5, 40, 100, mostAtOnce} {
		var here, most atomic.Int64
		everybody := make(chan struct{})
		src := count(3*n, func(i int) pipeline.Item {
			return pipeline.Item{Reader: limited(1, func(int, []byte) {
				m := here.Add(1)
				for o := most.Load(); o < m && !most.CompareAndSwap(o, m); o = most.Load() {
				}
				if i < n {
					if m == int64(n) {
						for range 100 {
							runtime.Gosched()
						}
						close(everybody)
					}
					<-everybody
				}
				here.Add(-1)
			})}
		})
		if got := len(run(t, src, pipeline.Options{Files: n})); got != 3*n {
			t.Errorf("%d results, want %d", got, 3*n)
		}
		if m := most.Load(); m != int64(n) {
			t.Errorf("%d files at once, want %d", m, n)
		}
	}
}

// resident returns how many of a file's pages are in the page cache.
func resident(t *testing.T, name string, size int) (pages int) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(m)
	in := make([]byte, (size+os.Getpagesize()-1)/os.Getpagesize())
	if err := mincore(m, in); err != nil {
		t.Fatal(err)
	}
	for _, p := range in {
		pages += int(p & 1)
	}
	return pages
}

// TestDropCache: what was read is dropped from the page cache, except for dirty pages,
// which aren't lost.
func TestDropCache(t *testing.T) {
	guard(t)
	for _, way := range append(ringWays(t), pipeline.ReadIO) {
		files := tree(t, []int{0, 1, 100, 4095, 4096, 4097, buffer, 1 << 20, 3<<20 + 5, 10 << 20})
		var all []pipeline.Item
		for _, f := range files {
			all = append(all, pipeline.Item{Name: f.name})
		}
		all = append(all, pipeline.Item{Name: "/dev/null"}, pipeline.Item{Name: "/missing/file"}, pipeline.Item{Reader: io.LimitReader(zeroes{}, 2<<20)})
		check := func(what string) {
			for i, r := range run(t, pipeline.Items(all...), pipeline.Options{IO: way, DropCache: true}) {
				if i < len(files) {
					checkDigest(t, r, files[i].data)
				}
			}
			for _, f := range files {
				if now, err := os.ReadFile(f.name); err != nil || !bytes.Equal(now, f.data) {
					t.Errorf("%s: %d bytes became %d, %v", what, len(f.data), len(now), err)
				}
			}
		}
		check("before they were written back")
		for _, f := range files {
			g, err := os.OpenFile(f.name, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := g.Sync(); err != nil {
				t.Fatal(err)
			}
			_ = unix.Fadvise(int(g.Fd()), 0, 0, unix.FADV_DONTNEED)
			g.Close()
			if len(f.data) > 0 && resident(t, f.name, len(f.data)) > 0 {
				t.Log("this file system keeps its pages")
				return
			}
		}
		check("after") // this reads them into the cache again
		for i, r := range run(t, pipeline.Items(all...), pipeline.Options{IO: way}) {
			if i < len(files) {
				checkDigest(t, r, files[i].data)
				if n := len(files[i].data); n > 0 && resident(t, r.Name, n) == 0 {
					t.Errorf("way %d, %d bytes: dropped without being asked to", way, n)
				}
			}
		}
		run(t, pipeline.Items(all...), pipeline.Options{IO: way, DropCache: true})
		for _, f := range files {
			if len(f.data) == 0 {
				continue
			}
			if pages := resident(t, f.name, len(f.data)); pages > 0 {
				t.Errorf("way %d, %d bytes: %d pages are in the cache", way, len(f.data), pages)
			}
		}
	}
}

func mincore(m, pages []byte) error {
	_, _, errno := unix.Syscall(unix.SYS_MINCORE, address(m), uintptr(len(m)), address(pages))
	if errno != 0 {
		return errno
	}
	return nil
}

func address(p []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(p))) }
