//go:build unix

package gnu_test

import (
	"syscall"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

// TestDeathBySignal checks that a reading process dies of the signal without a message,
// with finished lines printed.
func TestDeathBySignal(t *testing.T) {
	for _, signal := range clitest.Deadly {
		t.Run(signal.Name, func(t *testing.T) {
			clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
				dir := clitest.SignalDir(t)
				s := tool.Session(t, []string{"a", "p", "a"}, clitest.Settings{Dir: dir, Shell: clitest.NoCore})
				s.Stdout.Want(clitest.LineOf("one", "a"))
				w := clitest.OpenWriter(t, dir+"/p")
				defer w.Close()
				s.Settle()
				s.SendSignal(signal)
				s.WantDeath(signal)
			})
		})
	}
}

// TestDeathEverywhere checks that SIGINT and SIGTERM end a process at once wherever it
// waits.
func TestDeathEverywhere(t *testing.T) {
	for _, signal := range []clitest.Signal{{Name: "INT", Signal: syscall.SIGINT}, {Name: "TERM", Signal: syscall.SIGTERM}} {
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
			t.Run(signal.Name+" "+test.title, func(t *testing.T) {
				clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
					s := tool.Session(t, test.args, clitest.Settings{Dir: clitest.SignalDir(t)})
					s.Settle()
					s.SendSignal(signal)
					s.WantDeath(signal)
				})
			})
		}
	}
}

// TestDeathWhilePrinting checks that a process dies while it waits for the reader of its
// output.
func TestDeathWhilePrinting(t *testing.T) {
	clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
		dir := t.TempDir()
		s := tool.Session(t, clitest.ManyFiles(t, dir, 2000), clitest.Settings{Dir: dir})
		first := s.Stdout.Next()
		s.Settle() // the pipe is full
		s.SendSignal(clitest.Signal{Name: "TERM", Signal: syscall.SIGTERM})
		if status := s.End(); status != "signal: terminated" {
			t.Error(status)
		}
		if rest := s.Stdout.Rest(); rest == "" || rest[len(rest)-1] != '\n' {
			t.Errorf("output ends within a line: %q, %q", first, rest[max(0, len(rest)-50):])
		}
	})
}

// TestInheritedIgnore checks that signals that were ignored when the process began stay
// ignored, as nohup requires.
func TestInheritedIgnore(t *testing.T) {
	for _, signal := range clitest.Deadly {
		if signal.Signal == syscall.SIGKILL {
			continue
		}
		t.Run(signal.Name, func(t *testing.T) {
			clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
				if signal.Signal != syscall.SIGHUP && signal.Signal != syscall.SIGINT {
					clitest.NeedEarlyEntry(t) // of those two Go's runtime takes care
				}
				dir := clitest.SignalDir(t)
				s := tool.Session(t, []string{"p", "a"}, clitest.Settings{Dir: dir, Shell: clitest.NoCore + `; trap "" ` + signal.Name})
				w := clitest.OpenWriter(t, dir+"/p")
				s.Settle()
				s.SendSignal(signal)
				s.Settle()
				clitest.Finish(t, w, "fed")
				s.WantEnd("exit 0", clitest.LineOf("fed", "p")+clitest.LineOf("one", "a"), "")
			})
		})
	}
}

// TestHarmlessSignals checks that signals that are ignored by default interrupt nothing,
// including blocked reads.
func TestHarmlessSignals(t *testing.T) {
	for _, signal := range clitest.Harmless {
		t.Run(signal.Name, func(t *testing.T) {
			clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
				dir := clitest.SignalDir(t)
				s := tool.Session(t, []string{"p", "a"}, clitest.Settings{Dir: dir})
				w := clitest.OpenWriter(t, dir+"/p")
				for range 20 {
					s.Settle()
					s.SendSignal(signal)
				}
				clitest.Finish(t, w, "fed")
				s.WantEnd("exit 0", clitest.LineOf("fed", "p")+clitest.LineOf("one", "a"), "")
			})
		})
	}
}

// TestStopAndContinue checks that job control signals stop a process, and SIGCONT resumes
// it.
func TestStopAndContinue(t *testing.T) {
	for _, signal := range []clitest.Signal{
		{Name: "STOP", Signal: syscall.SIGSTOP}, {Name: "TSTP", Signal: syscall.SIGTSTP}, {Name: "TTIN", Signal: syscall.SIGTTIN}, {Name: "TTOU", Signal: syscall.SIGTTOU},
	} {
		t.Run(signal.Name, func(t *testing.T) {
			clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
				dir := clitest.SignalDir(t)
				s := tool.Session(t, []string{"p", "a"}, clitest.Settings{Dir: dir, InSession: true})
				w := clitest.OpenWriter(t, dir+"/p")
				s.Settle()
				s.SendSignal(signal)
				var status syscall.WaitStatus
				if _, err := syscall.Wait4(s.Pid, &status, syscall.WUNTRACED, nil); err != nil {
					t.Fatal(err)
				}
				if !status.Stopped() || status.StopSignal() != signal.Signal {
					t.Fatalf("it did not stop: status %#x", status)
				}
				s.SendSignal(clitest.Signal{Name: "CONT", Signal: syscall.SIGCONT})
				clitest.Finish(t, w, "fed")
				s.WantEnd("exit 0", clitest.LineOf("fed", "p")+clitest.LineOf("one", "a"), "")
			})
		})
	}
}
