//go:build unix

package clitest

import (
	"syscall"
	"testing"
)

// A Signal is a signal with its name in sh's trap.
type Signal struct {
	Name string
	syscall.Signal
}

// Deadly are the signals that end a process by default. SIGPROF, the real-time signals
// and those of processor faults are not included: they belong to Go's runtime and are not
// sent to a sha1sum.
var Deadly = []Signal{
	{"HUP", syscall.SIGHUP}, {"INT", syscall.SIGINT}, {"QUIT", syscall.SIGQUIT}, {"TERM", syscall.SIGTERM},
	{"PIPE", syscall.SIGPIPE}, {"ALRM", syscall.SIGALRM}, {"USR1", syscall.SIGUSR1}, {"USR2", syscall.SIGUSR2},
	{"XCPU", syscall.SIGXCPU}, {"XFSZ", syscall.SIGXFSZ}, {"VTALRM", syscall.SIGVTALRM},
	{"ABRT", syscall.SIGABRT}, {"KILL", syscall.SIGKILL},
}

// Harmless are the signals that are ignored by default.
var Harmless = []Signal{
	{"CHLD", syscall.SIGCHLD}, {"CONT", syscall.SIGCONT}, {"URG", syscall.SIGURG}, {"WINCH", syscall.SIGWINCH},
}

// NoCore prevents signals such as SIGQUIT from leaving core dumps.
const NoCore = "ulimit -c 0"

// SignalDir returns a directory with a file, and a FIFO on which to block.
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
