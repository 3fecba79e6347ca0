package fusetest_test

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/internal/fusetest"
	"golang.org/x/sys/unix"
)

// limit is longer than anything that works takes.
const limit = time.Minute

// run returns a program's output.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return string(out)
}

// TestContents lets system programs read files, cached and not, in pieces, with large
// and small requests.
func TestContents(t *testing.T) {
	sizes := []int{0, 1, 100, 4095, 4096, 4097, 131071, 131072, 131073, 147457, 1_000_000}
	for _, options := range []fusetest.Options{
		{}, {AsyncRead: true, AsyncDirectIO: true, MaxPages: 256}, {MaxRead: 8192, UnknownTypes: true},
	} {
		t.Run(fmt.Sprintf("%+v", options), func(t *testing.T) {
			files := map[string]*fusetest.File{}
			for _, size := range sizes {
				files[fmt.Sprintf("cached/%d", size)] = &fusetest.File{Content: filetest.Random(size)}
				files[fmt.Sprintf("direct/%d", size)] = &fusetest.File{Content: filetest.Random(size), Flags: fusetest.DirectIO}
				files[fmt.Sprintf("pieces/%d", size)] = &fusetest.File{Content: filetest.Random(size), Flags: fusetest.DirectIO, Piece: 10_000}
				for _, says := range []int64{0, 1, 1 << 20} {
					files[fmt.Sprintf("wrong/%d says %d", size, says)] = &fusetest.File{
						Content: filetest.Random(size), Flags: fusetest.DirectIO, Piece: 99_999, Size: new(says),
					}
				}
				files[fmt.Sprintf("stream/%d", size)] = &fusetest.File{
					Content: filetest.Random(size), Flags: fusetest.DirectIO | fusetest.Stream | fusetest.NonSeekable, Size: new(int64(0)),
				}
			}
			dir := t.TempDir()
			options.Mount(t, dir, files)
			var names []string
			want := ""
			for name, f := range files {
				names = append(names, filepath.Join(dir, name))
				if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, f.Content) {
					t.Errorf("%s: %d bytes, %v", name, len(got), err)
				}
			}
			slices.Sort(names)
			var all []byte
			for _, name := range names {
				f := files[strings.TrimPrefix(name, dir+"/")]
				sum := sha1.Sum(f.Content)
				want += hex.EncodeToString(sum[:]) + "  " + name + "\n"
				all = append(all, f.Content...)
				if info, err := os.Stat(name); err != nil || f.Size == nil && info.Size() != int64(len(f.Content)) || f.Size != nil && info.Size() != *f.Size {
					t.Errorf("stat %s: %d bytes, %v", name, info.Size(), err)
				}
			}
			if got := run(t, "sha1sum", names...); got != want {
				t.Errorf("sha1sum\n%swant\n%s", got, want)
			}
			if got := run(t, "cat", names...); got != string(all) {
				t.Errorf("cat: %d bytes, want %d", len(got), len(all))
			}
			listed := strings.Fields(strings.ReplaceAll(run(t, "find", dir, "-type", "f"), " says ", "_"))
			if len(listed) != len(names) {
				t.Errorf("find lists %d files, want %d", len(listed), len(names))
			}
		})
	}
}

// TestAsked: reads are recorded with their sizes.
func TestAsked(t *testing.T) {
	f := &fusetest.File{Content: filetest.Random(100), Flags: fusetest.DirectIO, Piece: 60}
	dir := t.TempDir()
	fusetest.Mount(t, dir, map[string]*fusetest.File{"f": f})
	fd := open(t, dir+"/f")
	buf := make([]byte, 80)
	for _, want := range []int{60, 40, 0} {
		if n, err := unix.Read(fd, buf); n != want || err != nil {
			t.Errorf("read: %d, %v; want %d", n, err, want)
		}
	}
	if n, err := unix.Pread(fd, buf, 90); n != 10 || err != nil || !bytes.Equal(buf[:10], filetest.Random(100)[90:]) {
		t.Errorf("pread: %d, %v", n, err)
	}
	opens, reads := f.Asked()
	want := []fusetest.Read{{Length: 80, Answered: 60}, {Offset: 60, Length: 80, Answered: 40}, {Offset: 100, Length: 80}, {Offset: 90, Length: 80, Answered: 10}}
	if opens != 1 || !slices.Equal(reads, want) {
		t.Errorf("%d opens, %+v, want %+v", opens, reads, want)
	}
	f.SetContent([]byte("another"))
	if n, err := unix.Pread(fd, buf, 0); string(buf[:n]) != "another" || err != nil {
		t.Errorf("pread: %q, %v", buf[:n], err)
	}
	if opens, reads := f.Asked(); opens != 0 || len(reads) != 1 {
		t.Errorf("%d opens, %d reads", opens, len(reads))
	}
}

// open opens a file until the test ends, without package os, which retries after EINTR.
func open(t *testing.T, name string) int {
	t.Helper()
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// TestErrors: opens and reads fail where they should, and only there.
func TestErrors(t *testing.T) {
	dir := t.TempDir()
	fusetest.Mount(t, dir, map[string]*fusetest.File{
		"direct":  {Content: filetest.Random(10_000), Flags: fusetest.DirectIO, FailAt: 5000, Error: unix.EIO},
		"cached":  {Content: filetest.Random(10_000), FailAt: 5000, Error: unix.EIO},
		"refused": {Content: filetest.Random(10), OnOpen: fusetest.Once(unix.EACCES, unix.EINTR)},
		"once":    {Content: filetest.Random(10), Flags: fusetest.DirectIO, OnRead: fusetest.Once(unix.EAGAIN)},
		"unseen":  {Content: filetest.Random(10), OnStat: fusetest.Once(unix.EIO)},
	})
	for name, want := range map[string]int{"direct": 5000, "cached": 4096} {
		if got, err := os.ReadFile(dir + "/" + name); !errors.Is(err, unix.EIO) || !bytes.Equal(got, filetest.Random(10_000)[:want]) {
			t.Errorf("%s: %d bytes, %v, want %d", name, len(got), err, want)
		}
	}
	for _, want := range []error{unix.EACCES, unix.EINTR} {
		if fd, err := unix.Open(dir+"/refused", unix.O_RDONLY, 0); err != want {
			t.Errorf("open: %d, %v, want %v", fd, err, want)
		}
	}
	open(t, dir+"/refused")
	var st unix.Stat_t
	for _, want := range []error{unix.EIO, nil} {
		if err := unix.Stat(dir+"/unseen", &st); err != want {
			t.Errorf("stat: %v, want %v", err, want)
		}
	}
	fd, buf := open(t, dir+"/once"), make([]byte, 20)
	if n, err := unix.Read(fd, buf); err != unix.EAGAIN {
		t.Errorf("read: %d, %v", n, err)
	}
	if n, err := unix.Read(fd, buf); n != 10 || err != nil {
		t.Errorf("read: %d, %v", n, err)
	}
}

// TestHeld: a late answer delays no other, and a signal ends the wait for it.
func TestHeld(t *testing.T) {
	release, asked := make(chan struct{}), make(chan struct{}, 100)
	hold := func(r *fusetest.Request) syscall.Errno {
		asked <- struct{}{}
		return fusetest.UntilClosed(release)(r)
	}
	files := map[string]*fusetest.File{"free": {Content: filetest.Random(10)}}
	for i := range 50 {
		files[fmt.Sprint("held", i)] = &fusetest.File{Content: filetest.Random(10), Flags: fusetest.DirectIO, OnRead: hold}
	}
	files["open"] = &fusetest.File{OnOpen: hold}
	files["stat"] = &fusetest.File{OnStat: hold}
	dir := t.TempDir()
	fusetest.Mount(t, dir, files)
	read := make(chan error, 100)
	for i := range 50 {
		go func() {
			_, err := os.ReadFile(fmt.Sprint(dir, "/held", i))
			read <- err
		}()
	}
	wait(t, asked, 50)
	if got, err := os.ReadFile(dir + "/free"); len(got) != 10 || err != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	// It dies of the signal without getting the answer.
	for _, name := range []string{"open", "stat"} {
		child := exec.Command("cat", dir+"/"+name)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		wait(t, asked, 1)
		child.Process.Kill()
		if err := child.Wait(); err == nil {
			t.Error("cat was killed, and ended well")
		}
	}
	close(release)
	for range 50 {
		if err := <-read; err != nil {
			t.Error(err)
		}
	}
}

// wait waits until something has happened so many times.
func wait(t *testing.T, happened <-chan struct{}, times int) {
	t.Helper()
	timeout := time.After(limit)
	for i := range times {
		select {
		case <-happened:
		case <-timeout:
			t.Fatalf("happened %d times, want %d", i, times)
		}
	}
}

// TestClose: processes that still read get an error, and nothing stays mounted.
func TestClose(t *testing.T) {
	dir, asked := t.TempDir(), make(chan struct{}, 1)
	s := fusetest.Options{}
	server, err := s.Start(dir, map[string]*fusetest.File{"f": {
		Content: filetest.Random(10), Flags: fusetest.DirectIO,
		OnRead: func(r *fusetest.Request) syscall.Errno {
			asked <- struct{}{}
			<-r.Ended
			return unix.EIO
		},
	}})
	if err != nil {
		t.Skip("no FUSE here:", err)
	}
	fd := open(t, dir+"/f")
	read := make(chan error)
	go func() {
		_, err := unix.Read(fd, make([]byte, 10))
		read <- err
	}()
	wait(t, asked, 1)
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if err := <-read; err == nil {
		t.Error("a read of a closed server gave something")
	}
	if err := unix.Unmount(dir, 0); err != unix.EINVAL {
		t.Errorf("another unmount: %v", err)
	}
	if err := server.Close(); err == nil {
		t.Error("it was closed twice")
	}
}
