package resources_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"golang.org/x/sys/unix"
)

// TestReadError has a file fail in its middle, first, last and between others.
func TestReadError(t *testing.T) {
	t.Parallel()
	clitest.NeedGNU(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "one")
	clitest.Write(t, dir, "bad", strings.Repeat("0123456789", 200_000))
	clitest.Write(t, dir, "small", "small")
	clitest.Write(t, dir, "manifest", clitest.LineOf("one", "a")+clitest.LineOf("", "bad")+clitest.LineOf("one", "a")+clitest.LineOf("", "small"))
	clitest.Write(t, dir, "second", clitest.LineOf("two", "a"))
	for _, test := range []struct {
		title string
		file  string
		fault string
		args  []string
	}{
		// A thread counts its own calls, so the second of each is the earliest
		// that is sure to come in the middle.
		{"midway", "bad", "read:error=EIO:when=2+", []string{"a", "bad", "a", "bad"}},
		{"midway, check", "bad", "read:error=EIO:when=2+", []string{"-c", "manifest"}},
		{"midway, check --status", "bad", "read:error=EIO:when=2+", []string{"-c", "--status", "manifest"}},
		{"midway, check --ignore-missing", "bad", "read:error=EIO:when=2+", []string{"-c", "--ignore-missing", "manifest"}},
		{"at once", "bad", "read:error=EIO", []string{"bad", "a"}},
		{"at once, a small file", "small", "read:error=EIO", []string{"a", "small", "a"}},
		{"at once, check", "small", "read:error=EIO", []string{"-cw", "manifest"}},
		{"stale file handle", "bad", "read:error=ESTALE:when=2+", []string{"bad", "a"}},
		{"in open", "bad", "openat:error=EIO", []string{"a", "bad", "a"}},
		{"in open, no descriptors in the system", "bad", "openat:error=ENFILE", []string{"a", "bad", "a"}},
		{"in open, check", "bad", "openat:error=EACCES", []string{"-c", "manifest"}},
		{"in open, check, ENOENT", "bad", "openat:error=ENOENT", []string{"-c", "--ignore-missing", "manifest"}},
		{"manifest at once", "manifest", "read:error=EIO", []string{"-c", "manifest", "second", "--quiet"}},
		{"manifest in open", "manifest", "openat:error=EIO", []string{"-c", "manifest", "second", "--quiet"}},
	} {
		t.Run(test.title, func(t *testing.T) {
			if strings.HasPrefix(test.fault, "read") && test.file != "manifest" {
				clitest.NeedRead(t)
			}
			s := clitest.Settings{Dir: dir, Under: clitest.Strace(t, filepath.Join(dir, test.file), test.fault)}
			want, got := clitest.GNU.Output(t, test.args, s), clitest.Ours.Output(t, test.args, s)
			if difference := clitest.Compare(got, want); difference != "" {
				t.Errorf("%q: %s differ\nwant\n%sgot\n%s", test.args, difference, want, got)
			}
		})
	}
}

// TestManifestReadError has a manifest fail in its middle: what came before is
// checked, and there is no summary. How much that was depends on the size of
// the reads.
func TestManifestReadError(t *testing.T) {
	clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
		dir := t.TempDir()
		clitest.Write(t, dir, "a", "one")
		clitest.Write(t, dir, "manifest", strings.Repeat(clitest.LineOf("one", "a"), 50_000))
		s := clitest.Settings{Dir: dir, Under: clitest.Strace(t, filepath.Join(dir, "manifest"), "read:error=EIO:when=2+")}
		out := tool.Output(t, []string{"-c", "manifest"}, s)
		if out.Status != "exit 1" || string(out.Stderr) != "sha1sum: manifest: read error\n" {
			t.Errorf("%s", out)
		}
		checked := bytes.Count(out.Stdout, []byte("a: OK\n"))
		if checked == 0 || checked*len("a: OK\n") != len(out.Stdout) {
			t.Errorf("%d lines were checked", checked)
		}
	})
}

// watch tells which files of a directory were read and closed.
type watch struct {
	t *testing.T
	f *os.File
}

func newWatch(t *testing.T, dir string) *watch {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		clitest.Lacks(t, "inotify: %v", err)
	}
	f := os.NewFile(uintptr(fd), "inotify")
	t.Cleanup(func() { f.Close() })
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_CLOSE_NOWRITE); err != nil {
		clitest.Lacks(t, "inotify: %v", err)
	}
	return &watch{t, f}
}

// wantAll waits until all the files were read and closed.
func (w *watch) wantAll(names []string) {
	w.t.Helper()
	missing := make(map[string]bool)
	for _, name := range names {
		missing[name] = true
	}
	w.f.SetReadDeadline(time.Now().Add(clitest.Limit))
	for buffer := make([]byte, 1<<16); len(missing) > 0; {
		n, err := w.f.Read(buffer)
		if err != nil {
			w.t.Fatalf("%d of %d files are not read: %v", len(missing), len(names), err)
		}
		for events := buffer[:n]; len(events) > 0; {
			length := int(events[12]) | int(events[13])<<8 // of the name; native order, and small
			name, _, _ := strings.Cut(string(events[unix.SizeofInotifyEvent:][:length]), "\x00")
			delete(missing, name)
			events = events[unix.SizeofInotifyEvent+length:]
		}
	}
}

// TestHungOpen has a file whose open hangs hold back no other file: a lease on
// it makes the kernel hold every open until the holder lets go. Nothing of
// this is an error in the end, the EAGAIN that an open without waiting gets
// included.
func TestHungOpen(t *testing.T) {
	clitest.NeedOwn(t)
	for _, place := range []string{"first", "in the middle", "several"} {
		for _, check := range []bool{false, true} {
			title := place
			if check {
				title += ", check"
			}
			t.Run(title, func(t *testing.T) {
				dir := t.TempDir()
				names := clitest.ManyFiles(t, dir, 300)
				hung := map[string][]string{"first": {"slow"}, "in the middle": {"slow"}, "several": {"slow", "slow2", "slow3"}}[place]
				at := 0
				if place != "first" {
					at = 100
				}
				args := slices.Insert(slices.Clone(names), at, hung...)
				var release []func()
				for _, name := range hung {
					clitest.Write(t, dir, name, name)
					release = append(release, lease(t, filepath.Join(dir, name)))
				}
				want := dryOutput(t, clitest.Ours, dir, args, hung)
				if check {
					clitest.Write(t, dir, "manifest", want)
					want = strings.Join(args, ": OK\n") + ": OK\n"
					args = []string{"-c", "manifest"}
				}
				watch := newWatch(t, dir)
				s := clitest.Ours.Session(t, args, clitest.Settings{Dir: dir})
				watch.wantAll(names)
				s.Settle()
				if at == 0 {
					s.Stdout.WantNothing()
				}
				for _, f := range release {
					f()
				}
				s.WantEnd("exit 0", want, "")
			})
		}
	}
}

// dryOutput is what a tool would print about files, some of which it can't
// open now and which hold their own names.
func dryOutput(t *testing.T, tool *clitest.Tool, dir string, args, hung []string) string {
	var lines strings.Builder
	for _, name := range args {
		content := []byte(name)
		if !slices.Contains(hung, name) {
			var err error
			if content, err = os.ReadFile(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		lines.WriteString(clitest.LineOf(content, name))
	}
	return lines.String()
}

// lease takes a lease for writing on a file. While it is held nobody else can
// open the file.
func lease(t *testing.T, path string) (release func()) {
	t.Helper()
	f := clitest.Open(t, path, os.O_RDWR)
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		f.Close()
		clitest.Lacks(t, "a lease on a file: %v", err)
	}
	return func() { f.Close() }
}

// TestHungRead has a file whose read hangs hold back no other file.
func TestHungRead(t *testing.T) {
	clitest.NeedOwn(t)
	clitest.NeedRead(t)
	dir := t.TempDir()
	names := clitest.ManyFiles(t, dir, 100)
	clitest.Write(t, dir, "slow", "slow")
	watch := newWatch(t, dir)
	under := clitest.Strace(t, filepath.Join(dir, "slow"), fmt.Sprintf("read:delay_enter=%d", (2*clitest.Limit).Microseconds()))
	s := clitest.Ours.Session(t, append([]string{"slow"}, names...), clitest.Settings{Dir: dir, Under: under})
	defer syscall.Kill(-s.Pid, syscall.SIGKILL) // strace and what it runs
	watch.wantAll(names)
	s.Stdout.WantNothing()
}
