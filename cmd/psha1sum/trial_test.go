//go:build unix

package main_test

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

// trial is one command line with all that a caller gives it: environment,
// standard streams, files. It can be run by each tool in turn, any number of
// times.
type trial struct {
	dir   string // working directory
	args  []string
	own   []string // options of psha1sum's own, which must not matter
	env   []string
	shell string // as in settings
	as    *syscall.Credential

	stdin  input
	data   []byte // what can be read from stdin
	stdout output
	stderr output

	files []file // made before the run, removed after it
	fifos []fifo
}

// file is a file that only one trial has, below its working directory.
type file struct {
	name string
	data []byte
}

// input is a kind of standard input.
type input string

const (
	inputNull      input = "/dev/null"
	inputNullBoth  input = "/dev/null, read and write"
	inputFile      input = "file"
	inputOffset    input = "file, at an offset"
	inputPipe      input = "pipe"
	inputSocket    input = "socket"
	inputDirectory input = "directory"
	inputWrite     input = "write-only"
	inputClosed    input = "closed"
)

// hasData tells whether data comes out of the kind.
func (kind input) hasData() bool {
	switch kind {
	case inputFile, inputOffset, inputPipe, inputSocket:
		return true
	}
	return false
}

// output is a kind of standard output or error.
type output string

const (
	outputPipe     output = "pipe"
	outputShared   output = "the pipe of stdout" // for stderr: 2>&1
	outputFile     output = "file"
	outputNullBoth output = "/dev/null, read and write"
	outputFull     output = "/dev/full"
	outputRead     output = "read-only"
	outputBroken   output = "pipe without a reader"
	outputClosed   output = "closed"
)

// stdinSkip is how much of a file was read before the tool gets it.
const stdinSkip = 7

// open returns a descriptor of the kind, and the regular file behind it if
// there is one.
func (kind input) open(t testing.TB, data []byte) (f, regular *os.File) {
	t.Helper()
	switch kind {
	case inputNull:
		return open(t, os.DevNull, os.O_RDONLY), nil
	case inputNullBoth:
		return open(t, os.DevNull, os.O_RDWR), nil
	case inputFile, inputOffset, inputWrite:
		f := scratch(t, data, os.O_RDWR)
		if kind == inputWrite {
			w := open(t, f.Name(), os.O_WRONLY)
			f.Close()
			f = w
		} else if kind == inputOffset {
			f.Seek(min(stdinSkip, int64(len(data))), io.SeekStart)
		}
		return f, f
	case inputPipe:
		r, w := pipe(t)
		feed(w, data)
		return r, nil
	case inputSocket:
		r, w := socketPair(t, syscall.SOCK_STREAM)
		feed(w, data)
		return r, nil
	case inputDirectory:
		return open(t, "/", os.O_RDONLY), nil
	case inputClosed:
		return nil, nil
	}
	panic("no such input: " + kind)
}

// open returns a descriptor of the kind and what waits for the data written
// to it.
func (kind output) open(t testing.TB) (f *os.File, written func() []byte) {
	t.Helper()
	nothing := func() []byte { return nil }
	switch kind {
	case outputPipe:
		r, w := pipe(t)
		return w, collect(r)
	case outputFile:
		f := scratch(t, nil, os.O_RDWR)
		r := open(t, f.Name(), os.O_RDONLY)
		return f, func() []byte { return collect(r)() }
	case outputNullBoth:
		return open(t, os.DevNull, os.O_RDWR), nothing
	case outputFull:
		return open(t, "/dev/full", os.O_WRONLY), nothing
	case outputRead:
		return open(t, os.DevNull, os.O_RDONLY), nothing
	case outputBroken:
		return brokenPipe(t), nothing
	case outputClosed:
		return nil, nothing
	}
	panic("no such output: " + kind)
}

// scratch returns an open file with some content and no name worth knowing:
// it is gone at the end of the test.
func scratch(t testing.TB, data []byte, flags int) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "scratch")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return open(t, path, flags)
}

// socketPair returns the two ends of a connection of the kind, a stream or
// packets.
func socketPair(t testing.TB, kind int) (a, b *os.File) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, kind, 0)
	if err != nil {
		lacks(t, "no socket of kind %d: %v", kind, err)
	}
	for _, fd := range fds {
		syscall.CloseOnExec(fd)
	}
	return os.NewFile(uintptr(fds[0]), "socket"), os.NewFile(uintptr(fds[1]), "socket")
}

// run lets a tool do the trial.
func (tr *trial) run(t testing.TB, tool *tool) outcome {
	t.Helper()
	for _, f := range tr.files {
		write(t, tr.dir, f.name, string(f.data))
		defer os.Remove(tr.dir + "/" + f.name)
	}
	for _, f := range tr.fifos {
		defer f.serve()()
	}
	stdin, regular := tr.stdin.open(t, tr.data)
	stdout, written := tr.stdout.open(t)
	stderr, diagnosed := stdout, func() []byte { return nil }
	if tr.stderr != outputShared {
		stderr, diagnosed = tr.stderr.open(t)
	}
	args := tr.args
	if tool == ours {
		args = slices.Concat(tr.own, args)
	}
	p := tool.start(t, args, []*os.File{stdin, stdout, stderr}, settings{dir: tr.dir, env: tr.env, shell: tr.shell, as: tr.as})
	for _, f := range []*os.File{stdin, stdout, stderr} {
		if f != nil && f != regular {
			f.Close() // twice if stdout and stderr are one
		}
	}
	result := outcome{status: p.end(), offset: -1, stdout: written(), stderr: diagnosed()}
	if regular != nil {
		result.offset, _ = regular.Seek(0, io.SeekCurrent)
		regular.Close()
	}
	return result
}

// differs runs both tools and tells how their outcomes differ, or nothing.
func (tr *trial) differs(t testing.TB) string {
	t.Helper()
	want, got := tr.run(t, gnu), tr.run(t, ours)
	if difference := compare(got, want); difference != "" {
		return fmt.Sprintf("%s differ\nwant (GNU coreutils %d.%d)\n%sgot\n%s",
			difference, gnu.release.major, gnu.release.minor, want, got)
	}
	return ""
}

// String tells what is in a trial as a person would type it.
func (tr *trial) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "in %s\n", tr.dir)
	fmt.Fprintf(&b, "  %s %q\n", name, tr.args)
	if len(tr.own) > 0 {
		fmt.Fprintf(&b, "  before them %q, for psha1sum alone\n", tr.own)
	}
	if len(tr.env) > 0 {
		fmt.Fprintf(&b, "  environment %q\n", tr.env)
	}
	if tr.shell != "" {
		fmt.Fprintf(&b, "  from sh after %s\n", tr.shell)
	}
	if tr.as != nil {
		fmt.Fprintf(&b, "  as user %d\n", tr.as.Uid)
	}
	fmt.Fprintf(&b, "  stdin: %s", tr.stdin)
	if tr.stdin.hasData() {
		fmt.Fprintf(&b, " of %d bytes: %+q", len(tr.data), tr.data[:min(len(tr.data), 2000)])
	}
	fmt.Fprintf(&b, "; stdout: %s; stderr: %s\n", tr.stdout, tr.stderr)
	for _, f := range tr.files {
		fmt.Fprintf(&b, "  file %q:\n", f.name)
		for _, line := range bytes.SplitAfter(clip(f.data), []byte("\n")) {
			fmt.Fprintf(&b, "    %q\n", line)
		}
	}
	for _, f := range tr.fifos {
		fmt.Fprintf(&b, "  FIFO %q, %d bytes\n", filepath.Base(f.path), len(f.data))
	}
	return b.String()
}
