//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// hangs is how long a child may take: much longer than any should, even on a busy
// machine.
const hangs = 2 * time.Minute

// A command is a command to run. Zero fields mean a plain psha1sum.
type command struct {
	program string // path; "" for psha1sum
	called  string // argv[0]; "" for sha1sum
	args    []string
	dir     string
	env     []string // besides PATH and so on
	stdin   string   // path of a file; "" for /dev/null
	denied  denied
	uid     int           // run as this user; 0 for ours
	limit   time.Duration // 0 for hangs

	stdout *os.File // instead of a buffer
}

// An outcome is the result of a command.
type outcome struct {
	stdout, stderr string
	status         string // "exit 1" or "signal: killed"
}

func (o outcome) String() string {
	return fmt.Sprintf("%s\nstdout: %s\nstderr: %s", o.status, clip(fmt.Sprintf("%q", o.stdout), 2000), clip(fmt.Sprintf("%q", o.stderr), 3000))
}

// words returns the command in shell syntax, approximately.
func (c command) words() string {
	var b strings.Builder
	fmt.Fprintf(&b, "  cd %s; ", c.dir)
	for _, setting := range c.env {
		fmt.Fprintf(&b, "%q ", setting)
	}
	name := c.program
	if name == "" {
		name = "psha1sum"
	}
	b.WriteString(name)
	for _, arg := range c.args {
		fmt.Fprintf(&b, " %q", arg)
	}
	if c.stdin != "" {
		fmt.Fprintf(&b, " <%q", c.stdin)
	}
	if text := c.denied.String(); text != "" {
		fmt.Fprintf(&b, "   # denied: %s", text)
	}
	if c.called != "" {
		fmt.Fprintf(&b, "   # called %s", c.called)
	}
	if c.uid != 0 {
		fmt.Fprintf(&b, "   # as user %d", c.uid)
	}
	return clip(b.String(), 200_000)
}

// A process is a running command.
type process struct {
	t              *trial
	cmd            *exec.Cmd
	c              command
	stdout, stderr bytes.Buffer
	ended          chan struct{}
	err            error
	once           sync.Once
}

// start starts a command in its own process group.
func (t *trial) start(c command) *process {
	if c.limit == 0 {
		c.limit = hangs
	}
	path, name := c.program, c.called
	if path == "" {
		path = t.psha1sum
	}
	if name == "" {
		name = "sha1sum"
		if c.program != "" {
			name = filepath.Base(path)
		}
	}
	p := &process{t: t, c: c, ended: make(chan struct{})}
	p.cmd = t.denied(c.denied, path, name, c.args)
	p.cmd.Dir = c.dir
	p.cmd.Env = append(p.cmd.Env, "PATH="+os.Getenv("PATH"), "LC_ALL=C", "TMPDIR="+t.dir, "GOTRACEBACK=all", "HOME=/")
	p.cmd.Env = append(p.cmd.Env, c.env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if c.stdout != nil {
		p.cmd.Stdout = c.stdout
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if c.uid != 0 {
		p.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(c.uid), Gid: uint32(c.uid)}
	}
	t.logCommand(c.words())
	if c.stdin != "" {
		stdin, err := os.Open(c.stdin)
		if err != nil {
			t.note("%v", err)
		}
		defer stdin.Close()
		p.cmd.Stdin = stdin
	}
	become, err := t.becomes(p.cmd, c.denied)
	if err == nil {
		err = p.cmd.Start()
	}
	if p.err = err; err != nil {
		t.note("%s: %v", path, err)
		close(p.ended)
		return p
	}
	become()
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p
}

// becomes returns a function that waits until a child that denies itself something has
// executed the program; signals must not be sent before. The child has a close-on-exec
// pipe.
func (t *trial) becomes(cmd *exec.Cmd, d denied) (wait func(), err error) {
	if d.none() {
		return func() {}, nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.ExtraFiles = []*os.File{w}
	return func() {
		w.Close()
		r.Read(make([]byte, 1)) // returns at EOF, or when the child has died
		r.Close()
	}, nil
}

func (t *trial) logCommand(words string) {
	const most = 12
	t.mu.Lock()
	defer t.mu.Unlock()
	t.commands = append(t.commands, words)
	if len(t.commands) > most {
		t.commands = slices.Delete(t.commands, 0, 1)
	}
}

// signal sends a signal to the process, if it is running.
func (p *process) signal(s syscall.Signal) {
	if p.cmd.Process != nil {
		p.cmd.Process.Signal(s)
	}
}

// wait waits for the end and kills a process that hangs, which is a find.
func (p *process) wait() outcome {
	limit := time.NewTimer(p.c.limit)
	defer limit.Stop()
	hung := ""
	select {
	case <-p.ended:
	case <-p.t.ctx.Done():
	case <-limit.C:
		hung = p.whereabouts()
		p.signal(syscall.SIGQUIT) // a Go program prints its stacks
		select {
		case <-p.ended:
		case <-time.After(5 * time.Second):
		}
	}
	p.end()
	o := outcome{p.stdout.String(), p.stderr.String(), ending(p.err)}
	if hung != "" {
		p.t.find("a hang: no end after %v\n%s\n%s\n%s", p.c.limit, p.c.words(), hung, o)
	}
	return o
}

// end kills the process, if it is running, and its process group.
func (p *process) end() {
	p.once.Do(func() {
		if p.cmd.Process != nil {
			syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		}
	})
	<-p.ended
}

// ending describes how a process ended.
func ending(err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "exit 0"
	case errors.As(err, &exit):
		status := exit.Sys().(syscall.WaitStatus)
		if status.Signaled() {
			return "signal: " + status.Signal().String()
		}
		return fmt.Sprintf("exit %d", status.ExitStatus())
	}
	return err.Error()
}

// whereabouts returns the kernel's state of the threads of a process that hangs.
func (p *process) whereabouts() string {
	var b strings.Builder
	dirs, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", p.cmd.Process.Pid))
	for _, dir := range dirs {
		for _, name := range []string{"wchan", "syscall"} {
			text, _ := os.ReadFile(filepath.Join(dir, name))
			fmt.Fprintf(&b, "%s %s ", name, bytes.TrimSpace(text))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// run runs a command to its end and checks that it didn't crash.
func (t *trial) run(c command) outcome {
	o := t.start(c).wait()
	if c.program == "" {
		t.count("runs", 1)
		t.sane(c, o)
	}
	return o
}

// sane reports crashes as finds; no input may cause one.
func (t *trial) sane(c command, o outcome) bool {
	crashed := strings.Contains(o.stderr, "\ngoroutine ") || strings.Contains(o.stderr, "runtime: failed to create new OS thread") ||
		strings.Contains(o.stderr, "panic: ") || strings.Contains(o.stderr, "fatal error: ")
	if crashed || o.status == "exit 2" || strings.HasPrefix(o.status, "signal: segmentation") || strings.HasPrefix(o.status, "signal: bus") {
		t.find("a crash\n%s\n%s", c.words(), o)
		return false
	}
	return true
}

// gnu runs one of GNU's tools and returns its output.
func (t *trial) gnu(tool, dir string, args ...string) outcome {
	return t.run(command{program: t.machine.gnu[tool], called: tool, dir: dir, args: args})
}

// do records an action, for the description of a find.
func (t *trial) do(format string, args ...any) {
	t.logCommand(fmt.Sprintf("  "+format, args...))
}

// endChildren kills all children of this process, including adopted ones, and reports
// whether there were any.
func endChildren() (were bool) {
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for _, word := range strings.Fields(string(text)) {
			if pid, err := strconv.Atoi(word); err == nil {
				were = true
				syscall.Kill(pid, syscall.SIGKILL)
				syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
			}
		}
	}
	return were
}
