//go:build unix

package clitest

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// A Trial is a command line with everything that a caller provides: environment, standard
// streams, files. Each tool can run it any number of times.
type Trial struct {
	Dir   string // the working directory
	Args  []string
	Own   []string // psha1sum's own options, which must not matter
	Env   []string
	Shell string // as in Settings
	As    *syscall.Credential

	Stdin  Input
	Data   []byte // the data available on stdin
	Stdout Output
	Stderr Output

	Files []File // created before the run and removed after it
	FIFOs []FIFO
}

// A File is a file of a single trial, below its working directory.
type File struct {
	Name string
	Data []byte
}

// An Input is a kind of standard input.
type Input string

const (
	InputNull      Input = "/dev/null"
	InputNullBoth  Input = "/dev/null, read and write"
	InputFile      Input = "file"
	InputOffset    Input = "file, at an offset"
	InputPipe      Input = "pipe"
	InputSocket    Input = "socket"
	InputDirectory Input = "directory"
	InputWrite     Input = "write-only"
	InputClosed    Input = "closed"
)

// HasData reports whether this kind provides data.
func (kind Input) HasData() bool {
	switch kind {
	case InputFile, InputOffset, InputPipe, InputSocket:
		return true
	}
	return false
}

// An Output is a kind of standard output or error.
type Output string

const (
	OutputPipe     Output = "pipe"
	OutputShared   Output = "the pipe of stdout" // for stderr: 2>&1
	OutputFile     Output = "file"
	OutputNullBoth Output = "/dev/null, read and write"
	OutputFull     Output = "/dev/full"
	OutputRead     Output = "read-only"
	OutputBroken   Output = "pipe without a reader"
	OutputClosed   Output = "closed"
)

// stdinSkip is the number of bytes of a file that are read before the tool starts.
const stdinSkip = 7

// open returns a descriptor of the kind, and the regular file behind it if there is one.
func (kind Input) open(t testing.TB, data []byte) (f, regular *os.File) {
	t.Helper()
	switch kind {
	case InputNull:
		return Open(t, os.DevNull, os.O_RDONLY), nil
	case InputNullBoth:
		return Open(t, os.DevNull, os.O_RDWR), nil
	case InputFile, InputOffset, InputWrite:
		f := Scratch(t, data, os.O_RDWR)
		if kind == InputWrite {
			w := Open(t, f.Name(), os.O_WRONLY)
			f.Close()
			f = w
		} else if kind == InputOffset {
			f.Seek(min(stdinSkip, int64(len(data))), io.SeekStart)
		}
		return f, f
	case InputPipe:
		r, w := Pipe(t)
		Feed(w, data)
		return r, nil
	case InputSocket:
		r, w := SocketPair(t, syscall.SOCK_STREAM)
		Feed(w, data)
		return r, nil
	case InputDirectory:
		return Open(t, "/", os.O_RDONLY), nil
	case InputClosed:
		return nil, nil
	}
	panic("no such input: " + kind)
}

// open returns a descriptor of the kind, and a function that waits for the data written
// to it.
func (kind Output) open(t testing.TB) (f *os.File, written func() []byte) {
	t.Helper()
	nothing := func() []byte { return nil }
	switch kind {
	case OutputPipe:
		r, w := Pipe(t)
		return w, Collect(r)
	case OutputFile:
		f := Scratch(t, nil, os.O_RDWR)
		r := Open(t, f.Name(), os.O_RDONLY)
		return f, func() []byte { return Collect(r)() }
	case OutputNullBoth:
		return Open(t, os.DevNull, os.O_RDWR), nothing
	case OutputFull:
		return Open(t, "/dev/full", os.O_WRONLY), nothing
	case OutputRead:
		return Open(t, os.DevNull, os.O_RDONLY), nothing
	case OutputBroken:
		return BrokenPipe(t), nothing
	case OutputClosed:
		return nil, nothing
	}
	panic("no such output: " + kind)
}

// Scratch returns an open temporary file with some content, which is removed at the end
// of the test.
func Scratch(t testing.TB, data []byte, flags int) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "scratch")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return Open(t, path, flags)
}

// SocketPair returns the two ends of a connection of the given socket type.
func SocketPair(t testing.TB, kind int) (a, b *os.File) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, kind, 0)
	if err != nil {
		Lacks(t, "no socket of kind %d: %v", kind, err)
	}
	for _, fd := range fds {
		syscall.CloseOnExec(fd)
	}
	return os.NewFile(uintptr(fds[0]), "socket"), os.NewFile(uintptr(fds[1]), "socket")
}

// Run runs the trial with a tool.
func (tr *Trial) Run(t testing.TB, tool *Tool) Outcome {
	t.Helper()
	for _, f := range tr.Files {
		Write(t, tr.Dir, f.Name, string(f.Data))
		defer os.Remove(tr.Dir + "/" + f.Name)
	}
	for _, f := range tr.FIFOs {
		defer f.Serve()()
	}
	stdin, regular := tr.Stdin.open(t, tr.Data)
	stdout, written := tr.Stdout.open(t)
	stderr, diagnosed := stdout, func() []byte { return nil }
	if tr.Stderr != OutputShared {
		stderr, diagnosed = tr.Stderr.open(t)
	}
	args := tr.Args
	if tool == Ours {
		args = slices.Concat(tr.Own, args)
	}
	p := tool.Start(t, args, []*os.File{stdin, stdout, stderr}, Settings{Dir: tr.Dir, Env: tr.Env, Shell: tr.Shell, As: tr.As})
	for _, f := range []*os.File{stdin, stdout, stderr} {
		if f != nil && f != regular {
			f.Close() // twice if stdout and stderr are one
		}
	}
	result := Outcome{Status: p.End(), Offset: -1, Stdout: written(), Stderr: diagnosed()}
	if regular != nil {
		result.Offset, _ = regular.Seek(0, io.SeekCurrent)
		regular.Close()
	}
	return result
}

// Differs runs both tools and describes the difference of their outcomes, or returns "".
func (tr *Trial) Differs(t testing.TB) string {
	t.Helper()
	want, got := tr.Run(t, GNU), tr.Run(t, Ours)
	if difference := Compare(got, want); difference != "" {
		return fmt.Sprintf("%s differ\nwant (GNU coreutils %d.%d)\n%sgot\n%s",
			difference, GNU.Release.Major, GNU.Release.Minor, want, got)
	}
	return ""
}

// String formats a trial as shell commands.
func (tr *Trial) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "in %s\n", tr.Dir)
	fmt.Fprintf(&b, "  %s %q\n", Name, tr.Args)
	if len(tr.Own) > 0 {
		fmt.Fprintf(&b, "  before them %q, for psha1sum alone\n", tr.Own)
	}
	if len(tr.Env) > 0 {
		fmt.Fprintf(&b, "  environment %q\n", tr.Env)
	}
	if tr.Shell != "" {
		fmt.Fprintf(&b, "  from sh after %s\n", tr.Shell)
	}
	if tr.As != nil {
		fmt.Fprintf(&b, "  as user %d\n", tr.As.Uid)
	}
	fmt.Fprintf(&b, "  stdin: %s", tr.Stdin)
	if tr.Stdin.HasData() {
		fmt.Fprintf(&b, " of %d bytes: %+q", len(tr.Data), tr.Data[:min(len(tr.Data), 2000)])
	}
	fmt.Fprintf(&b, "; stdout: %s; stderr: %s\n", tr.Stdout, tr.Stderr)
	for _, f := range tr.Files {
		fmt.Fprintf(&b, "  file %q:\n", f.Name)
		for _, line := range bytes.SplitAfter(Clip(f.Data), []byte("\n")) {
			fmt.Fprintf(&b, "    %q\n", line)
		}
	}
	for _, f := range tr.FIFOs {
		fmt.Fprintf(&b, "  FIFO %q, %d bytes\n", filepath.Base(f.Path), len(f.Data))
	}
	return b.String()
}

// CompareArgs compares command lines in a directory with GNU sha1sum.
func CompareArgs(t *testing.T, dir string, lines [][]string, env ...string) {
	t.Helper()
	NeedGNU(t)
	failures := 0
	for _, args := range lines {
		tr := &Trial{Dir: dir, Args: args, Env: env, Stdin: InputNull, Stdout: OutputPipe, Stderr: OutputShared}
		if difference := tr.Differs(t); difference != "" {
			t.Errorf("%s\n%s", tr, difference)
			if failures++; failures == 10 {
				t.Fatal("enough")
			}
		}
	}
}
