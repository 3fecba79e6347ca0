//go:build unix

package main_test

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

// limit is how long a test waits for what must happen: long enough for a
// loaded machine, and never reached by a tool that works.
const limit = 60 * time.Second

// name is what both tools are called by, so that it is argv[0] in the messages
// of both.
const name = "sha1sum"

// tool is a program under comparison.
type tool struct {
	title   string  // for subtests and failures
	dir     string  // holds the program as "sha1sum", and nothing else
	release release // of coreutils; zero for psha1sum
	given   bool    // not built by these tests
	standIn bool    // in psha1sum's place, but not psha1sum
}

// newTool makes the program at path a tool, in a directory of its own below dir.
func newTool(title, path, dir string) (*tool, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	own := filepath.Join(dir, title)
	if err := os.Mkdir(own, 0o755); err != nil {
		return nil, err
	}
	t := &tool{title: title, dir: own, release: coreutilsVersion(path)}
	return t, os.Symlink(path, t.path())
}

func (t *tool) path() string { return filepath.Join(t.dir, name) }

// tools are those to try a scenario on that has its own expectations. GNU's
// comes first, to prove them; but only the release they were written for.
func tools() []*tool {
	if gnu == nil || gnu.release != contract {
		return []*tool{ours}
	}
	return []*tool{gnu, ours}
}

// release is a coreutils version.
type release struct{ major, minor int }

// contract is the release that psha1sum follows, whatever is installed.
var contract = release{9, 1}

func (r release) before(major, minor int) bool {
	return r.major < major || r.major == major && r.minor < minor
}

var versionLine = regexp.MustCompile(`^\w+ \(GNU coreutils\) (\d+)\.(\d+)`)

// coreutilsVersion asks a program for its version: zero if it isn't GNU's.
func coreutilsVersion(path string) release {
	text, _ := exec.Command(path, "--version").Output()
	match := versionLine.FindSubmatch(text)
	if match == nil {
		return release{}
	}
	major, _ := strconv.Atoi(string(match[1]))
	minor, _ := strconv.Atoi(string(match[2]))
	return release{major, minor}
}

// process is a running tool.
type process struct {
	t testing.TB
	*os.Process
}

// settings are what a process is started in.
type settings struct {
	dir    string   // working directory
	env    []string // the environment, but for PATH
	stdin  *os.File // for output; /dev/null if there is none
	called string   // argv[0], if it isn't "sha1sum"
	shell  string   // run by sh before it becomes the tool: "ulimit -n 10"
	under  []string // a program that runs the tool, and its arguments
	as     *syscall.Credential
	more   []*os.File // for output: descriptors from 3 on
	// inSession keeps the process in the session of the tests, where signals
	// of job control can stop it. Else it has none of their terminal.
	inSession bool
}

// start runs a tool with argv[0] "sha1sum", in a process group of its own. Its
// descriptors are files; a nil one starts closed, which package os/exec can't
// do.
func (tool *tool) start(t testing.TB, args []string, files []*os.File, s settings) *process {
	t.Helper()
	if tool == ours {
		args = slices.Concat(forcedIO(s), args)
	}
	path, argv := tool.path(), append([]string{cmp.Or(s.called, name)}, args...)
	under := s.under
	if s.shell != "" {
		under = []string{"/bin/sh", "-c", s.shell + `; exec "$0" "$@"`}
	}
	if under != nil {
		// It finds the tool in the PATH below and calls it by its name.
		path, argv = under[0], slices.Concat(under, argv)
	}
	p, err := os.StartProcess(path, argv, &os.ProcAttr{
		Dir: s.dir,
		Env: append([]string{
			"PATH=" + tool.dir + ":" + os.Getenv("PATH"),
			"GORACE=atexit_sleep_ms=0", // a race detector would sleep a second at each exit
		}, s.env...),
		Files: files,
		Sys:   &syscall.SysProcAttr{Setsid: !s.inSession, Setpgid: s.inSession, Credential: s.as},
	})
	if err != nil {
		t.Fatalf("%s: %v", tool.title, err)
	}
	return &process{t, p}
}

// end waits for a process and tells how it ended: "exit 0", "signal: hangup".
func (p *process) end() string {
	p.t.Helper()
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-ended:
		case <-time.After(limit):
			p.Signal(syscall.SIGABRT) // a Go program tells where it hangs
			time.Sleep(time.Second)
			p.Kill()
		}
	}()
	state, err := p.Wait()
	if err != nil {
		p.t.Fatal(err)
	}
	status := state.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return "signal: " + status.Signal().String()
	}
	return fmt.Sprintf("exit %d", status.ExitStatus())
}

// pipe returns the two ends of a pipe.
func pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// brokenPipe returns the writing end of a pipe that nobody reads.
func brokenPipe(t testing.TB) *os.File {
	t.Helper()
	// A child that is being started elsewhere holds a copy of every descriptor
	// until it execs, the reading end included.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	r, w := pipe(t)
	r.Close()
	return w
}

// collect reads all of r in the background and closes it; the result waits for
// the end.
func collect(r *os.File) (wait func() []byte) {
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

// feed writes data to w in the background and closes it. It ends early when
// the reader leaves.
func feed(w *os.File, data []byte) {
	go func() {
		defer w.Close()
		w.Write(data)
	}()
}

// fifo is a FIFO with a writer behind it.
type fifo struct {
	path string
	data []byte
}

// serve writes the FIFO's data to the first reader that opens it. The result
// ends the writer, whether or not anybody came.
func (f fifo) serve() (end func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		w, err := os.OpenFile(f.path, os.O_WRONLY, 0) // waits for a reader
		if err != nil {
			return
		}
		defer w.Close()
		w.Write(f.data)
	}()
	return func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				releaseWriter(f.path, done)
			}
		}
	}
}

// releaseWriter lets a writer of a FIFO go that waits in open or in write: a
// reader comes, takes what there is, and leaves when the writer is done.
//
// Nothing may be left in the FIFO. It would be gone with the last descriptor, but a
// child that is about to run a tool has copies of all for a moment, and whoever
// opens the FIFO then would read what was written for another run.
func releaseWriter(path string, done <-chan struct{}) {
	// See brokenPipe. A reader that lives on in a child would get what the next
	// writer has for the next tool.
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
				ended = true // and there may be something yet
			case <-time.After(100 * time.Microsecond):
			}
		}
	}
}

// outcome is what a run left behind.
type outcome struct {
	status string // as process.end has it
	stdout []byte
	stderr []byte // empty if both streams were one
	offset int64  // of standard input in its file, or -1
}

func (o outcome) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "  %s\n", o.status)
	for _, stream := range []struct {
		name string
		data []byte
	}{{"stdout", o.stdout}, {"stderr", o.stderr}} {
		for _, line := range bytes.SplitAfter(clip(stream.data), []byte("\n")) {
			if len(line) > 0 {
				fmt.Fprintf(&b, "  %s %q\n", stream.name, line)
			}
		}
	}
	if o.offset >= 0 {
		fmt.Fprintf(&b, "  stdin left at %d\n", o.offset)
	}
	return b.String()
}

// clip keeps failures readable.
func clip(data []byte) []byte {
	const most = 8 << 10
	if len(data) <= most {
		return data
	}
	return fmt.Appendf(nil, "%s\n[%d bytes more]", data[:most], len(data)-most)
}

// output runs a tool to its end and collects what it prints.
func (tool *tool) output(t testing.TB, args []string, s settings) outcome {
	t.Helper()
	stdin := s.stdin
	if stdin == nil {
		stdin = open(t, os.DevNull, os.O_RDONLY)
		defer stdin.Close()
	}
	stdout, stdoutEnd := pipe(t)
	stderr, stderrEnd := pipe(t)
	p := tool.start(t, args, append([]*os.File{stdin, stdoutEnd, stderrEnd}, s.more...), s)
	stdoutEnd.Close()
	stderrEnd.Close()
	out, errs := collect(stdout), collect(stderr)
	status := p.end()
	return outcome{status: status, stdout: out(), stderr: errs(), offset: -1}
}

// open opens a file, and makes it if flags say so.
func open(t testing.TB, path string, flags int) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, flags, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// write makes a file with its parents below dir, which is where the name,
// taken literally, begins.
func write(t testing.TB, dir, name, content string) {
	t.Helper()
	path := dir + "/" + name // not filepath.Join: names are bytes, not clean
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// mkfifo makes a FIFO.
func mkfifo(t testing.TB, path string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o644); err != nil {
		t.Fatal(err)
	}
}

// publicDir is t.TempDir for tests whose processes run as another user. Go's
// directory for the test has a private parent where a umask says so.
func publicDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
