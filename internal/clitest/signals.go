//go:build unix

package clitest

import (
	"syscall"
	"testing"
)

// Signal is a signal with the name that sh's trap knows it by.
type Signal struct {
	Name string
	syscall.Signal
}

// Deadly are the signals that end a process which does nothing about them. Not
// here are SIGPROF, the real-time signals and those of a processor's faults:
// they belong to Go's runtime, and nobody sends them to a sha1sum.
var Deadly = []Signal{
	{"HUP", syscall.SIGHUP}, {"INT", syscall.SIGINT}, {"QUIT", syscall.SIGQUIT}, {"TERM", syscall.SIGTERM},
	{"PIPE", syscall.SIGPIPE}, {"ALRM", syscall.SIGALRM}, {"USR1", syscall.SIGUSR1}, {"USR2", syscall.SIGUSR2},
	{"XCPU", syscall.SIGXCPU}, {"XFSZ", syscall.SIGXFSZ}, {"VTALRM", syscall.SIGVTALRM},
	{"ABRT", syscall.SIGABRT}, {"KILL", syscall.SIGKILL},
}

// Harmless are the signals that such a process doesn't feel.
var Harmless = []Signal{
	{"CHLD", syscall.SIGCHLD}, {"CONT", syscall.SIGCONT}, {"URG", syscall.SIGURG}, {"WINCH", syscall.SIGWINCH},
}

// NoCore keeps signals such as SIGQUIT from leaving core dumps behind.
const NoCore = "ulimit -c 0"

// SignalDir returns a directory with a file and a FIFO to hang on.
func SignalDir(t *testing.T) string {
	dir := t.TempDir()
	Write(t, dir, "a", "one")
	MakeFIFO(t, dir+"/p")
	return dir
}

// SendSignal sends a signal to the process.
func (p *Process) SendSignal(signal Signal) {
	p.T.Helper()
	if err := p.Signal(signal.Signal); err != nil {
		p.T.Fatal(err)
	}
}
