//go:build unix

package clitest

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Limit is how long a test waits for an event: long enough for a loaded machine, and
// never reached by a correct tool.
const Limit = 60 * time.Second

// Name is the name by which both tools are called: argv[0], which their messages contain.
const Name = "sha1sum"

// A Tool is a program to compare.
type Tool struct {
	Title   string  // for subtests and failures
	Dir     string  // holds the program as "sha1sum", and nothing else
	Release Release // of coreutils; zero for psha1sum
	Given   bool    // not built by these tests
	StandIn bool    // runs in psha1sum's place but is another program
}

// newTool returns a tool for the program at path, with a directory of its own below dir.
func newTool(title, path, dir string) (*Tool, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	own := filepath.Join(dir, title)
	if err := os.Mkdir(own, 0o755); err != nil {
		return nil, err
	}
	t := &Tool{Title: title, Dir: own, Release: CoreutilsVersion(path)}
	return t, os.Symlink(path, t.Path())
}

// Path returns the path of the program, whose name is sha1sum.
func (t *Tool) Path() string { return filepath.Join(t.Dir, Name) }

// Tools returns the tools on which to run a scenario with fixed expectations. GNU's comes
// first, to validate the expectations, but only if it is the release that they were
// written for.
func Tools() []*Tool {
	if GNU == nil || GNU.Release != contract {
		return []*Tool{Ours}
	}
	return []*Tool{GNU, Ours}
}

// A Release is a coreutils version.
type Release struct{ Major, Minor int }

// contract is the release that psha1sum follows.
var contract = Release{9, 1}

// Before reports whether r is older than the given release.
func (r Release) Before(major, minor int) bool {
	return r.Major < major || r.Major == major && r.Minor < minor
}

var versionLine = regexp.MustCompile(`^\w+ \(GNU coreutils\) (\d+)\.(\d+)`)

// CoreutilsVersion returns the version of a program, or zero if it isn't GNU's.
func CoreutilsVersion(path string) Release {
	text, _ := exec.Command(path, "--version").Output()
	match := versionLine.FindSubmatch(text)
	if match == nil {
		return Release{}
	}
	major, _ := strconv.Atoi(string(match[1]))
	minor, _ := strconv.Atoi(string(match[2]))
	return Release{major, minor}
}

// A Process is a running tool.
type Process struct {
	T testing.TB
	*os.Process
}

// Settings are the conditions in which a process is started.
type Settings struct {
	Dir    string   // the working directory
	Env    []string // the environment, except PATH
	Stdin  *os.File // used by Output; nil: /dev/null
	Called string   // argv[0]; "": "sha1sum"
	Shell  string   // commands for sh to run before it execs the tool: "ulimit -n 10"
	Under  []string // a program to run the tool under, and its arguments
	As     *syscall.Credential
	More   []*os.File // used by Output: descriptors from 3 on
	// InSession keeps the process in the session of the tests, where job control signals
	// can stop it. Otherwise it has no controlling terminal.
	InSession bool
}

// Start runs a tool with argv[0] "sha1sum" in a process group of its own. files are its
// descriptors; a nil one is closed, which package os/exec doesn't support.
func (tool *Tool) Start(t testing.TB, args []string, files []*os.File, s Settings) *Process {
	t.Helper()
	if tool == Ours {
		args = slices.Concat(ForcedIO(s), args)
	}
	path, argv := tool.Path(), append([]string{cmp.Or(s.Called, Name)}, args...)
	under := s.Under
	if s.Shell != "" {
		under = []string{"/bin/sh", "-c", s.Shell + `; exec "$0" "$@"`}
	}
	if under != nil {
		// It finds the tool by its name in the PATH set below.
		path, argv = under[0], slices.Concat(under, argv)
	}
	p, err := os.StartProcess(path, argv, &os.ProcAttr{
		Dir: s.Dir,
		Env: append([]string{
			"PATH=" + tool.Dir + ":" + os.Getenv("PATH"),
			"GORACE=atexit_sleep_ms=0", // otherwise the race detector sleeps for a second at each exit
		}, s.Env...),
		Files: files,
		Sys:   &syscall.SysProcAttr{Setsid: !s.InSession, Setpgid: s.InSession, Credential: s.As},
	})
	if err != nil {
		t.Fatalf("%s: %v", tool.Title, err)
	}
	return &Process{t, p}
}

// End waits for a process and returns how it ended: "exit 0", "signal: hangup".
func (p *Process) End() string {
	p.T.Helper()
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-ended:
		case <-time.After(Limit):
			p.Signal(syscall.SIGABRT) // makes a Go program print where it hangs
			time.Sleep(time.Second)
			p.Kill()
		}
	}()
	state, err := p.Wait()
	if err != nil {
		p.T.Fatal(err)
	}
	status := state.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return "signal: " + status.Signal().String()
	}
	return fmt.Sprintf("exit %d", status.ExitStatus())
}

// Pipe returns the two ends of a pipe.
func Pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// BrokenPipe returns the writing end of a pipe without a reader.
func BrokenPipe(t testing.TB) *os.File {
	t.Helper()
	// A child being started holds copies of all descriptors until it execs, including the
	// reading end.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	r, w := Pipe(t)
	r.Close()
	return w
}

// Collect reads all of r in the background and closes it. The returned function waits for
// the end.
func Collect(r *os.File) (wait func() []byte) {
	var data []byte
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer r.Close()
		data, _ = io.ReadAll(r)
	}()
	return func() []byte {
		<-done
		return data
	}
}

// Feed writes data to w in the background and closes it. It stops if the reader leaves.
func Feed(w *os.File, data []byte) {
	go func() {
		defer w.Close()
		w.Write(data)
	}()
}

// A FIFO is a FIFO with data to be written to it.
type FIFO struct {
	Path string
	Data []byte
}

// Serve writes the FIFO's data to the first reader that opens it. The returned function
// ends the writer, even if there was no reader.
func (f FIFO) Serve() (end func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		w, err := os.OpenFile(f.Path, os.O_WRONLY, 0) // blocks until there is a reader
		if err != nil {
			return
		}
		defer w.Close()
		w.Write(f.Data)
	}()
	return func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				releaseWriter(f.Path, done)
			}
		}
	}
}

// releaseWriter ends a writer that is blocked in open or write: it opens the FIFO, reads
// what is there, and closes it when the writer is done.
//
// Nothing may remain in the FIFO. The data would be lost when the last descriptor is
// closed, but a child that is being started has copies of all descriptors for a moment,
// and a reader that opens the FIFO then would get data written for another run.
func releaseWriter(path string, done <-chan struct{}) {
	// See BrokenPipe. A copy of the reading end in a child would get what the next writer
	// has for the next tool.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	r, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer syscall.Close(r)
	buf := make([]byte, 64<<10)
	for ended := false; ; {
		n, _ := syscall.Read(r, buf)
		switch {
		case n > 0:
		case ended:
			return
		default:
			select {
			case <-done:
				ended = true // but there may still be data
			case <-time.After(100 * time.Microsecond):
			}
		}
	}
}

// An Outcome is the observable result of a run.
type Outcome struct {
	Status string // as returned by Process.End
	Stdout []byte
	Stderr []byte // empty if both streams were one
	Offset int64  // of standard input in its file, or -1
}

// String formats an outcome for failure messages.
func (o Outcome) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "  %s\n", o.Status)
	for _, stream := range []struct {
		name string
		data []byte
	}{{"stdout", o.Stdout}, {"stderr", o.Stderr}} {
		for _, line := range bytes.SplitAfter(Clip(stream.data), []byte("\n")) {
			if len(line) > 0 {
				fmt.Fprintf(&b, "  %s %q\n", stream.name, line)
			}
		}
	}
	if o.Offset >= 0 {
		fmt.Fprintf(&b, "  stdin left at %d\n", o.Offset)
	}
	return b.String()
}

// Clip shortens data for failure messages.
func Clip(data []byte) []byte {
	const most = 8 << 10
	if len(data) <= most {
		return data
	}
	return fmt.Appendf(nil, "%s\n[%d bytes more]", data[:most], len(data)-most)
}

// Output runs a tool and returns its outcome.
func (tool *Tool) Output(t testing.TB, args []string, s Settings) Outcome {
	t.Helper()
	stdin := s.Stdin
	if stdin == nil {
		stdin = Open(t, os.DevNull, os.O_RDONLY)
		defer stdin.Close()
	}
	stdout, stdoutEnd := Pipe(t)
	stderr, stderrEnd := Pipe(t)
	p := tool.Start(t, args, append([]*os.File{stdin, stdoutEnd, stderrEnd}, s.More...), s)
	stdoutEnd.Close()
	stderrEnd.Close()
	out, errs := Collect(stdout), Collect(stderr)
	status := p.End()
	return Outcome{Status: status, Stdout: out(), Stderr: errs(), Offset: -1}
}

// Open opens a file, creating it if flags say so.
func Open(t testing.TB, path string, flags int) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, flags, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Write creates a file and its parents. Its path is dir, a slash and name, taken
// literally.
func Write(t testing.TB, dir, name, content string) {
	t.Helper()
	path := dir + "/" + name // not filepath.Join, which would clean the name
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// MakeFIFO creates a FIFO.
func MakeFIFO(t testing.TB, path string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o644); err != nil {
		t.Fatal(err)
	}
}

// PublicDir is like t.TempDir for tests that run processes as another user. The parent of
// t.TempDir may be private, depending on the umask.
func PublicDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
