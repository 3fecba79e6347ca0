//go:build unix

package clitest

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A Session is a running tool with which a test interacts.
type Session struct {
	*Process
	Stdin          *os.File // the end to write to
	Stdout, Stderr *LineReader
}

// A LineReader reads a tool's output line by line.
type LineReader struct {
	t      testing.TB
	File   *os.File
	Buffer *bufio.Reader
}

// A TimedFile is a file from which each Read waits at most Limit.
type TimedFile struct{ *os.File }

// Read returns the available data, and waits if there is none.
func (p TimedFile) Read(b []byte) (int, error) {
	p.SetReadDeadline(time.Now().Add(Limit))
	return p.File.Read(b)
}

// Session starts a tool with pipes as its standard streams, and more files as descriptors
// from 3 on.
func (tool *Tool) Session(t testing.TB, args []string, s Settings, more ...*os.File) *Session {
	t.Helper()
	stdin, stdinEnd := Pipe(t)
	stdout, stdoutEnd := Pipe(t)
	stderr, stderrEnd := Pipe(t)
	p := tool.Start(t, args, append([]*os.File{stdin, stdoutEnd, stderrEnd}, more...), s)
	for _, f := range append([]*os.File{stdin, stdoutEnd, stderrEnd}, more...) {
		f.Close()
	}
	t.Cleanup(func() {
		p.Kill() // if the test failed early
		stdinEnd.Close()
		stdout.Close()
		stderr.Close()
	})
	return &Session{p, stdinEnd, NewLineReader(t, stdout), NewLineReader(t, stderr)}
}

// NewLineReader returns a reader of the lines of f.
func NewLineReader(t testing.TB, f *os.File) *LineReader {
	return &LineReader{t, f, bufio.NewReader(TimedFile{f})}
}

// Next returns the next line with its newline.
func (l *LineReader) Next() string {
	l.t.Helper()
	line, err := l.Buffer.ReadString('\n')
	if errors.Is(err, os.ErrDeadlineExceeded) {
		l.t.Fatalf("no line came, only %q", line)
	}
	if err != nil {
		l.t.Fatalf("no line came, but %q and %v", line, err)
	}
	return line
}

// WantNothing fails if output is already available.
func (l *LineReader) WantNothing() {
	l.t.Helper()
	if l.Buffer.Buffered() == 0 && !l.Waits() {
		return
	}
	_, err := l.Buffer.Peek(1)
	data, _ := l.Buffer.Peek(l.Buffer.Buffered())
	l.t.Errorf("%q, %v came too early", data, err)
}

// Waits reports whether data is available now.
func (l *LineReader) Waits() bool {
	l.t.Helper()
	connection, err := l.File.SyscallConn()
	if err != nil {
		l.t.Fatal(err)
	}
	ready := 0
	err = connection.Control(func(fd uintptr) {
		ready, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return ready > 0
}

// Want reads lines and fails unless they are these.
func (l *LineReader) Want(lines ...string) {
	l.t.Helper()
	for _, line := range lines {
		if got := l.Next(); got != line {
			l.t.Fatalf("the next line is %q, want %q", got, line)
		}
	}
}

// Rest returns the rest of the output.
func (l *LineReader) Rest() string {
	l.t.Helper()
	data, err := io.ReadAll(l.Buffer)
	if err != nil {
		l.t.Fatalf("%q, then %v", data, err)
	}
	return string(data)
}

// WantEnd waits for the session to end, and fails unless the status and the remaining
// output are these.
func (s *Session) WantEnd(status, stdout, stderr string) {
	s.T.Helper()
	s.Stdin.Close()
	if got := s.Stdout.Rest(); got != stdout {
		s.T.Errorf("stdout ends in %q, want %q", got, stdout)
	}
	if got := s.Stderr.Rest(); got != stderr {
		s.T.Errorf("stderr ends in %q, want %q", got, stderr)
	}
	if got := s.End(); got != status {
		s.T.Errorf("ended with %s, want %s", got, status)
	}
}

// WantDeath fails unless a signal ends the session without further output.
func (s *Session) WantDeath(signal Signal) {
	s.T.Helper()
	if got, want := s.End(), "signal: "+signal.String(); got != want {
		s.T.Errorf("ended with %s, want %s", got, want)
	}
	if got := s.Stdout.Rest(); got != "" {
		s.T.Errorf("stdout ends in %q", got)
	}
	if got := s.Stderr.Rest(); got != "" {
		s.T.Errorf("stderr ends in %q", got)
	}
}

// Send writes to the session's standard input.
func (s *Session) Send(text string) {
	s.T.Helper()
	s.Stdin.SetWriteDeadline(time.Now().Add(Limit))
	if _, err := s.Stdin.WriteString(text); err != nil {
		s.T.Fatal(err)
	}
}

// Settle waits until all threads of the process sleep, so that anything it does too early
// has happened. Where that can't be observed, or a disk never answers, it doesn't wait: a
// test may then miss a defect, but never reports a false one.
func (p *Process) Settle() {
	p.T.Helper()
	const calm = 5 // consecutive checks
	deadline := time.Now().Add(Limit)
	for seen := 0; seen < calm; {
		state := p.awake()
		if time.Now().After(deadline) {
			if state == "R" {
				p.T.Fatal("the process has nothing to do, and doesn't rest")
			}
			return
		}
		if state != "" {
			seen = 0
		} else {
			seen++
		}
		time.Sleep(time.Millisecond)
	}
}

// awake returns the state of a thread of the process that isn't sleeping: "R" if it is
// running, "D" if it waits for a disk, or "" if all sleep.
func (p *Process) awake() (state string) {
	states, _ := filepath.Glob("/proc/" + strconv.Itoa(p.Pid) + "/task/*/stat")
	for _, path := range states {
		text, err := os.ReadFile(path)
		if err != nil {
			return "R" // the thread is ending
		}
		// 12 (name) S ...; the name may contain anything
		_, now, _ := CutLast(string(text), ") ")
		switch {
		case strings.HasPrefix(now, "R"):
			return "R"
		case strings.HasPrefix(now, "D"):
			state = "D"
		}
	}
	return state
}

// OpenWriter opens a FIFO for writing, as soon as it has a reader.
func OpenWriter(t testing.TB, path string) *os.File {
	t.Helper()
	opened := make(chan *os.File, 1)
	go func() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
		}
		opened <- f
	}()
	select {
	case f := <-opened:
		if f == nil {
			t.FailNow()
		}
		return f
	case <-time.After(Limit):
	}
	nobodyElse := make(chan struct{})
	close(nobodyElse)
	releaseWriter(path, nobodyElse)
	t.Fatalf("nobody reads %s", path)
	return nil
}

// Finish writes the last data to a FIFO or a pipe and closes it.
func Finish(t testing.TB, w *os.File, content string) {
	t.Helper()
	w.SetWriteDeadline(time.Now().Add(Limit))
	if _, err := w.WriteString(content); err != nil {
		t.Error(err)
	}
	w.Close()
}
