package reader_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// TestSystemFiles reads files whose sizes are no sizes: 0 in /proc, 4096 in
// /sys.
func TestSystemFiles(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	for _, name := range []string{
		"/proc/version",
		"/proc/filesystems",
		"/proc/cmdline",
		"/proc/self/environ",
		"/proc/self/status", // differs from one read to the next, but for its beginning
		"/sys/devices/system/cpu/online",
		"/sys/kernel/mm/transparent_hugepage/enabled",
	} {
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile(name)
			if err != nil {
				t.Skip(err)
			}
			if strings.HasSuffix(name, "status") {
				want = want[:bytes.IndexByte(want, '\n')+1]
			}
			for _, size := range []int{1, 10, len(want), 4096, 128 << 10} {
				f := open(t, name, reader.Stat(name))
				got, err := drain(f, max(size, 1))
				closeFile(t, f)
				if strings.HasSuffix(name, "status") && len(got) > len(want) {
					got = got[:len(want)]
				}
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("%d at a time: got %d bytes, %v, want %d", size, len(got), err, len(want))
				}
			}
		})
	}
}

// TestReadErrors: a file that opens and can't be read. It is no directory.
func TestReadErrors(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	const name = "/proc/self/mem" // nothing is mapped at address 0
	f := open(t, name, reader.Stat(name))
	defer closeFile(t, f)
	if n, end, err := f.Fill(make([]byte, 10)); n != 0 || end || err != unix.EIO {
		t.Errorf("Fill = %d, %v, %v, want EIO", n, end, err)
	}
}

// TestDescriptorNames: opening the name of a descriptor is an open of its own
// for a file, which starts at its beginning, and shares what a pipe holds.
func TestDescriptorNames(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	data := filetest.Random(1000)
	file, err := os.Open(filetest.Write(t, data))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Seek(7, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() { w.Write(data); w.Close() }()

	for _, owner := range []*os.File{file, r} {
		name := fmt.Sprintf("/dev/fd/%d", owner.Fd())
		f := open(t, name, reader.Stat(name))
		if got, err := drain(f, 128); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: got %d bytes, %v, want %d", name, len(got), err, len(data))
		}
		closeFile(t, f)
	}
	if at, err := file.Seek(0, io.SeekCurrent); at != 7 || err != nil {
		t.Errorf("the owner is at %d, %v, want 7", at, err)
	}
}

// TestTerminal: one end-of-file mark is the end. A person would have to type two
// if the terminal were asked again.
func TestTerminal(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	keyboard, name := newTerminal(t)
	if got := reader.Stat(name).Kind; got != reader.Sequential {
		t.Errorf("%s: kind %d, want Sequential", name, got)
	}
	f := open(t, name, reader.Stat(name))
	defer closeFile(t, f)
	for _, test := range []struct{ typed, want string }{
		{"a line\n\x04", "a line\n"},
		{"two\nlines\n\x04", "two\nlines\n"},
		{"\x04", ""},
		{"no newline\x04\x04", "no newline"}, // the first only sends the line
	} {
		if _, err := io.WriteString(keyboard, test.typed); err != nil {
			t.Fatal(err)
		}
		got, err := drain(f, 1000)
		if string(got) != test.want || err != nil {
			t.Errorf("typed %q: got %q, %v", test.typed, got, err)
		}
	}
}

// newTerminal returns a terminal's keyboard, and its name.
func newTerminal(t *testing.T) (*os.File, string) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skip(err)
	}
	keyboard := os.NewFile(uintptr(fd), "keyboard")
	t.Cleanup(func() { keyboard.Close() })
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Skip(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Skip(err)
	}
	return keyboard, fmt.Sprintf("/dev/pts/%d", n)
}

// TestLease opens a file that somebody holds a lease on. Without waiting the
// open would fail; it has to wait until the lease is given up.
func TestLease(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	data := filetest.Random(1000)
	name := filetest.Write(t, data)
	holder, err := unix.Open(name, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(holder)
	if _, err := unix.FcntlInt(uintptr(holder), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		t.Skip("no leases here:", err)
	}
	info := reader.Stat(name)
	given := make(chan error)
	go func() { // gives it up as soon as somebody asks
		for {
			lease, err := unix.FcntlInt(uintptr(holder), unix.F_GETLEASE, 0)
			if err != nil || lease != unix.F_WRLCK {
				_, err = unix.FcntlInt(uintptr(holder), unix.F_SETLEASE, unix.F_UNLCK)
				given <- err
				return
			}
			runtime.Gosched()
		}
	}()
	f := open(t, name, info)
	defer closeFile(t, f)
	if err := <-given; err != nil {
		t.Fatal(err)
	}
	if got, err := drain(f, 128); err != nil || !bytes.Equal(got, data) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

// child is set in a process that a test started to read a file: its name.
const child = "READER_TEST_FILE"

func TestMain(m *testing.M) {
	if name := os.Getenv(child); name != "" {
		readAndTell(name)
		return
	}
	os.Exit(m.Run())
}

// readAndTell reads a file, 100 bytes at a time, and prints what Stat said, what
// came, and the errors. It stays in one thread, of which strace counts the calls.
func readAndTell(name string) {
	runtime.LockOSThread()
	info := reader.Stat(name)
	fmt.Printf("kind %d\n", info.Kind)
	f, err := reader.Open(name, info)
	if err != nil {
		fmt.Printf("open: %v\n", err)
		return
	}
	var disks reader.LocalDisks
	disks.Learn(&f)
	got, err := drain(&f, 100)
	fmt.Printf("%x, error %v\n", got, err)
	if err := f.Close(); err != nil {
		fmt.Printf("close: %v\n", err)
	}
}

// newChild returns a command that runs readAndTell in a process of its own,
// started by the given command if there is one.
func newChild(name string, by ...string) *exec.Cmd {
	args := append(by, os.Args[0])
	cmd := exec.Command(args[0], args[1:]...)
	// The race detector would sleep for a second before it exits.
	cmd.Env = append(os.Environ(), child+"="+name, "GORACE=atexit_sleep_ms=0")
	return cmd
}

// trace runs readAndTell under strace. It returns what it printed and the
// system calls that had to do with the file.
func trace(t *testing.T, name, inject string) (out, calls string) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip(err)
	}
	if testing.Short() {
		t.Skip("starts processes")
	}
	log := filepath.Join(t.TempDir(), "log")
	by := []string{strace, "-f", "-o", log, "-P", name, "-e", "trace=%file,%desc"}
	if inject != "" {
		by = append(by, "-e", "inject="+inject)
	}
	cmd := newChild(name, by...)
	b, err := cmd.Output()
	if len(b) == 0 {
		t.Skip("strace can't trace here:", err)
	}
	traced, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if inject != "" && !bytes.Contains(traced, []byte("INJECTED")) {
		t.Fatalf("strace injected nothing:\n%s", traced)
	}
	return string(b), string(traced)
}

// TestStdin: /dev/stdin stands for a descriptor, whatever that is.
func TestStdin(t *testing.T) {
	data := filetest.Random(1000)
	f, err := os.Open(filetest.Write(t, data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, name := range []string{"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"} {
		cmd := newChild(name)
		cmd.Stdin = f
		got, err := cmd.Output()
		if want := fmt.Sprintf("kind %d\n%x, error <nil>\n", reader.Sequential, data); string(got) != want || err != nil {
			t.Errorf("%s: got %.100q, %v, want %.100q", name, got, err, want)
		}
	}
}

// TestInjectedErrors has strace put errors into the system calls.
func TestInjectedErrors(t *testing.T) {
	data := filetest.Random(1000)
	name := filetest.Write(t, data)
	empty := filetest.Write(t, nil)
	const plain, unknown = "kind 1\n", "kind 0\n"
	outcome := func(n int, err string) string { return fmt.Sprintf("%x, error %s\n", data[:n], err) }
	whole := outcome(len(data), "<nil>")
	for _, test := range []struct{ name, file, inject, want string }{
		{"nothing", name, "", plain + whole},
		{"stat interrupted", name, "%%stat:error=EINTR:when=1..3", plain + whole},
		{"open interrupted", name, "openat:error=EINTR:when=1..3", plain + whole},
		{"open broke a lease", name, "openat:error=EAGAIN:when=1", plain + whole},
		{"read interrupted", name, "read:error=EINTR:when=1+2", plain + whole},
		{"read of nothing interrupted", empty, "read:error=EINTR:when=1..3", plain + outcome(0, "<nil>")},
		{"stat fails", name, "%%stat:error=EACCES", unknown + whole},
		{"open fails", name, "openat:error=EACCES", plain + "open: permission denied\n"},
		{"first read fails", name, "read:error=EIO:when=1", plain + outcome(0, "input/output error")},
		{"third read fails", name, "read:error=EIO:when=3", plain + outcome(200, "input/output error")},
		{"read says try again", name, "read:error=EAGAIN:when=2", plain + whole},
		{"and again", name, "read:error=EAGAIN:when=2..3", plain + outcome(100, "resource temporarily unavailable")},
		{"close fails", name, "close:error=EIO", plain + whole + "close: input/output error\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, calls := trace(t, test.file, test.inject); got != test.want {
				t.Errorf("got %.200q, want %.200q\n%s", got, test.want, calls)
			}
		})
	}
}

// TestSystemCalls counts what it takes to read a file: they are the cost of tiny
// ones. The device is asked about once. Only if it is
// a local disk is a file's size believed.
func TestSystemCalls(t *testing.T) {
	for _, test := range []struct {
		size   int
		inject string
		want   string
	}{
		{0, "", "newfstatat openat fstatfs read fstat close"}, // it had no size: is it what it seemed?
		{50, "", "newfstatat openat fstatfs read close"},
		{99, "", "newfstatat openat fstatfs read close"},
		{100, "", "newfstatat openat fstatfs read read close"}, // the buffer was full: is that all?
		{250, "", "newfstatat openat fstatfs read read read close"},
		{50, "fstatfs:error=EIO", "newfstatat openat fstatfs read read close"},
		{250, "fstatfs:error=EIO", "newfstatat openat fstatfs read read read read close"},
	} {
		t.Run(fmt.Sprint(test.size, test.inject), func(t *testing.T) {
			name := filetest.Write(t, filetest.Random(test.size))
			if test.inject == "" {
				filetest.NeedLocalDisk(t)
			}
			_, calls := trace(t, name, test.inject)
			var got []string
			for _, m := range regexp.MustCompile(`(?m)^\d+ +(\w+)\(`).FindAllStringSubmatch(calls, -1) {
				got = append(got, m[1])
			}
			if got := strings.Join(got, " "); got != test.want {
				t.Errorf("got %s, want %s\n%s", got, test.want, calls)
			}
		})
	}
}
