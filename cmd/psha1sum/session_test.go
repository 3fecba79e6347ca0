//go:build unix

package main_test

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

// session is a running tool that a test talks to.
type session struct {
	*process
	stdin          *os.File // the end to write to
	stdout, stderr *lineReader
}

// lineReader reads what a tool prints, as it comes.
type lineReader struct {
	t testing.TB
	f *os.File
	r *bufio.Reader
}

// patience reads a file, and waits for each piece of it no longer than limit.
type patience struct{ *os.File }

func (p patience) Read(b []byte) (int, error) {
	p.SetReadDeadline(time.Now().Add(limit))
	return p.File.Read(b)
}

// session starts a tool with pipes on its standard streams, and more files on
// the descriptors from 3 on.
func (tool *tool) session(t testing.TB, args []string, s settings, more ...*os.File) *session {
	t.Helper()
	stdin, stdinEnd := pipe(t)
	stdout, stdoutEnd := pipe(t)
	stderr, stderrEnd := pipe(t)
	p := tool.start(t, args, append([]*os.File{stdin, stdoutEnd, stderrEnd}, more...), s)
	for _, f := range append([]*os.File{stdin, stdoutEnd, stderrEnd}, more...) {
		f.Close()
	}
	t.Cleanup(func() {
		p.Kill() // in case the test gave up
		stdinEnd.Close()
		stdout.Close()
		stderr.Close()
	})
	return &session{p, stdinEnd, newLineReader(t, stdout), newLineReader(t, stderr)}
}

func newLineReader(t testing.TB, f *os.File) *lineReader {
	return &lineReader{t, f, bufio.NewReader(patience{f})}
}

// next returns the next line, with its end.
func (l *lineReader) next() string {
	l.t.Helper()
	line, err := l.r.ReadString('\n')
	if errors.Is(err, os.ErrDeadlineExceeded) {
		l.t.Fatalf("no line came, only %q", line)
	}
	if err != nil {
		l.t.Fatalf("no line came, but %q and %v", line, err)
	}
	return line
}

// wantNothing fails if something was printed already.
func (l *lineReader) wantNothing() {
	l.t.Helper()
	if l.r.Buffered() == 0 && !l.waits() {
		return
	}
	_, err := l.r.Peek(1)
	data, _ := l.r.Peek(l.r.Buffered())
	l.t.Errorf("%q, %v came too early", data, err)
}

// waits tells whether something is there to be read, now.
func (l *lineReader) waits() bool {
	l.t.Helper()
	connection, err := l.f.SyscallConn()
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

// want reads lines that must come next, whether or not others will follow.
func (l *lineReader) want(lines ...string) {
	l.t.Helper()
	for _, line := range lines {
		if got := l.next(); got != line {
			l.t.Fatalf("the next line is %q, want %q", got, line)
		}
	}
}

// rest returns all that comes until the end.
func (l *lineReader) rest() string {
	l.t.Helper()
	data, err := io.ReadAll(l.r)
	if err != nil {
		l.t.Fatalf("%q, then %v", data, err)
	}
	return string(data)
}

// wantEnd has a session print the rest of its lines and end.
func (s *session) wantEnd(status, stdout, stderr string) {
	s.t.Helper()
	s.stdin.Close()
	if got := s.stdout.rest(); got != stdout {
		s.t.Errorf("stdout ends in %q, want %q", got, stdout)
	}
	if got := s.stderr.rest(); got != stderr {
		s.t.Errorf("stderr ends in %q, want %q", got, stderr)
	}
	if got := s.end(); got != status {
		s.t.Errorf("ended with %s, want %s", got, status)
	}
}

// wantDeath has a session end by a signal, with nothing more printed.
func (s *session) wantDeath(signal namedSignal) {
	s.t.Helper()
	if got, want := s.end(), "signal: "+signal.String(); got != want {
		s.t.Errorf("ended with %s, want %s", got, want)
	}
	if got := s.stdout.rest(); got != "" {
		s.t.Errorf("stdout ends in %q", got)
	}
	if got := s.stderr.rest(); got != "" {
		s.t.Errorf("stderr ends in %q", got)
	}
}

// send writes to the session's standard input.
func (s *session) send(text string) {
	s.t.Helper()
	s.stdin.SetWriteDeadline(time.Now().Add(limit))
	if _, err := s.stdin.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

// settle waits until all threads of the process sleep, so that whatever it
// does too early has been done. Where that can't be seen, or a disk never answers, it
// doesn't wait, and a test may miss a defect, but never finds one that isn't there.
func (p *process) settle() {
	p.t.Helper()
	const calm = 5 // looks in a row
	deadline := time.Now().Add(limit)
	for seen := 0; seen < calm; {
		state := p.awake()
		if time.Now().After(deadline) {
			if state == "R" {
				p.t.Fatal("the process has nothing to do, and doesn't rest")
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

// awake returns the state of a thread of the process that doesn't sleep: "R" if it is
// running, "D" if a disk has it wait, or "" if all sleep.
func (p *process) awake() (state string) {
	states, _ := filepath.Glob("/proc/" + strconv.Itoa(p.Pid) + "/task/*/stat")
	for _, path := range states {
		text, err := os.ReadFile(path)
		if err != nil {
			return "R" // the thread is ending
		}
		// 12 (name) S ...; the name may hold anything
		_, now, _ := cutLast(string(text), ") ")
		switch {
		case strings.HasPrefix(now, "R"):
			return "R"
		case strings.HasPrefix(now, "D"):
			state = "D"
		}
	}
	return state
}

// openWriter opens a FIFO for writing, once somebody reads it.
func openWriter(t testing.TB, path string) *os.File {
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
	case <-time.After(limit):
	}
	nobodyElse := make(chan struct{})
	close(nobodyElse)
	releaseWriter(path, nobodyElse)
	t.Fatalf("nobody reads %s", path)
	return nil
}

// finish writes the last of what a FIFO or a pipe holds.
func finish(t testing.TB, w *os.File, content string) {
	t.Helper()
	w.SetWriteDeadline(time.Now().Add(limit))
	if _, err := w.WriteString(content); err != nil {
		t.Error(err)
	}
	w.Close()
}
