//go:build unix

package main_test

import (
	"syscall"
	"testing"
)

// namedSignal is a signal with the name that sh's trap knows it by.
type namedSignal struct {
	name string
	syscall.Signal
}

// deadly are the signals that end a process which does nothing about them. Not
// here are SIGPROF, the real-time signals and those of a processor's faults:
// they belong to Go's runtime, and nobody sends them to a sha1sum.
var deadly = []namedSignal{
	{"HUP", syscall.SIGHUP}, {"INT", syscall.SIGINT}, {"QUIT", syscall.SIGQUIT}, {"TERM", syscall.SIGTERM},
	{"PIPE", syscall.SIGPIPE}, {"ALRM", syscall.SIGALRM}, {"USR1", syscall.SIGUSR1}, {"USR2", syscall.SIGUSR2},
	{"XCPU", syscall.SIGXCPU}, {"XFSZ", syscall.SIGXFSZ}, {"VTALRM", syscall.SIGVTALRM},
	{"ABRT", syscall.SIGABRT}, {"KILL", syscall.SIGKILL},
}

// harmless are the signals that such a process doesn't feel.
var harmless = []namedSignal{
	{"CHLD", syscall.SIGCHLD}, {"CONT", syscall.SIGCONT}, {"URG", syscall.SIGURG}, {"WINCH", syscall.SIGWINCH},
}

// noCore keeps signals such as SIGQUIT from leaving core dumps behind.
const noCore = "ulimit -c 0"

// signalDir returns a directory with a file and a FIFO to hang on.
func signalDir(t *testing.T) string {
	dir := t.TempDir()
	write(t, dir, "a", "one")
	mkfifo(t, dir+"/p")
	return dir
}

// TestDeathBySignal has a process that reads die of the signal, without a
// word, what was finished printed.
func TestDeathBySignal(t *testing.T) {
	for _, signal := range deadly {
		t.Run(signal.name, func(t *testing.T) {
			eachTool(t, func(t *testing.T, tool *tool) {
				dir := signalDir(t)
				s := tool.session(t, []string{"a", "p", "a"}, settings{dir: dir, shell: noCore})
				s.stdout.want(lineOf("one", "a"))
				w := openWriter(t, dir+"/p")
				defer w.Close()
				s.settle()
				s.signal(signal)
				s.wantDeath(signal)
			})
		})
	}
}

// TestDeathEverywhere has SIGINT and SIGTERM end a process at once wherever it
// waits.
func TestDeathEverywhere(t *testing.T) {
	for _, signal := range []namedSignal{{"INT", syscall.SIGINT}, {"TERM", syscall.SIGTERM}} {
		for _, test := range []struct {
			title string
			args  []string
		}{
			{"for a FIFO's writer", []string{"p"}},
			{"for standard input", []string{"-"}},
			{"for a manifest", []string{"-c"}},
			{"for a manifest in a FIFO", []string{"--check", "p"}},
			{"for another's standard input", []string{"/dev/stdin"}},
		} {
			t.Run(signal.name+" "+test.title, func(t *testing.T) {
				eachTool(t, func(t *testing.T, tool *tool) {
					s := tool.session(t, test.args, settings{dir: signalDir(t)})
					s.settle()
					s.signal(signal)
					s.wantDeath(signal)
				})
			})
		}
	}
}

// TestDeathWhilePrinting has a process die that waits for the reader of its
// output.
func TestDeathWhilePrinting(t *testing.T) {
	eachTool(t, func(t *testing.T, tool *tool) {
		dir := t.TempDir()
		s := tool.session(t, manyFiles(t, dir, 2000), settings{dir: dir})
		first := s.stdout.next()
		s.settle() // the pipe is full
		s.signal(namedSignal{"TERM", syscall.SIGTERM})
		if status := s.end(); status != "signal: terminated" {
			t.Error(status)
		}
		if rest := s.stdout.rest(); rest == "" || rest[len(rest)-1] != '\n' {
			t.Errorf("output ends within a line: %q, %q", first, rest[max(0, len(rest)-50):])
		}
	})
}

// TestInheritedIgnore has signals that were ignored when the process began
// stay ignored, as nohup wants it.
func TestInheritedIgnore(t *testing.T) {
	for _, signal := range deadly {
		if signal.Signal == syscall.SIGKILL {
			continue
		}
		t.Run(signal.name, func(t *testing.T) {
			eachTool(t, func(t *testing.T, tool *tool) {
				if signal.Signal != syscall.SIGHUP && signal.Signal != syscall.SIGINT {
					needEarlyEntry(t) // of those two Go's runtime takes care
				}
				dir := signalDir(t)
				s := tool.session(t, []string{"p", "a"}, settings{dir: dir, shell: noCore + `; trap "" ` + signal.name})
				w := openWriter(t, dir+"/p")
				s.settle()
				s.signal(signal)
				s.settle()
				finish(t, w, "fed")
				s.wantEnd("exit 0", lineOf("fed", "p")+lineOf("one", "a"), "")
			})
		})
	}
}

// TestHarmlessSignals has signals that mean nothing to the process interrupt
// nothing, reads that wait included.
func TestHarmlessSignals(t *testing.T) {
	for _, signal := range harmless {
		t.Run(signal.name, func(t *testing.T) {
			eachTool(t, func(t *testing.T, tool *tool) {
				dir := signalDir(t)
				s := tool.session(t, []string{"p", "a"}, settings{dir: dir})
				w := openWriter(t, dir+"/p")
				for range 20 {
					s.settle()
					s.signal(signal)
				}
				finish(t, w, "fed")
				s.wantEnd("exit 0", lineOf("fed", "p")+lineOf("one", "a"), "")
			})
		})
	}
}

// TestStopAndContinue has the signals of job control stop a process, and
// SIGCONT continue it where it was.
func TestStopAndContinue(t *testing.T) {
	for _, signal := range []namedSignal{
		{"STOP", syscall.SIGSTOP}, {"TSTP", syscall.SIGTSTP}, {"TTIN", syscall.SIGTTIN}, {"TTOU", syscall.SIGTTOU},
	} {
		t.Run(signal.name, func(t *testing.T) {
			eachTool(t, func(t *testing.T, tool *tool) {
				dir := signalDir(t)
				s := tool.session(t, []string{"p", "a"}, settings{dir: dir, inSession: true})
				w := openWriter(t, dir+"/p")
				s.settle()
				s.signal(signal)
				var status syscall.WaitStatus
				if _, err := syscall.Wait4(s.Pid, &status, syscall.WUNTRACED, nil); err != nil {
					t.Fatal(err)
				}
				if !status.Stopped() || status.StopSignal() != signal.Signal {
					t.Fatalf("it did not stop: status %#x", status)
				}
				s.signal(namedSignal{"CONT", syscall.SIGCONT})
				finish(t, w, "fed")
				s.wantEnd("exit 0", lineOf("fed", "p")+lineOf("one", "a"), "")
			})
		})
	}
}

// signal sends a signal to the process.
func (p *process) signal(signal namedSignal) {
	p.t.Helper()
	if err := p.Signal(signal.Signal); err != nil {
		p.t.Fatal(err)
	}
}
