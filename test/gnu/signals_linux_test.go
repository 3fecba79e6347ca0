package gnu_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"golang.org/x/sys/unix"
)

// rare are deadly signals that only a build with the early entry leaves alone from
// the beginning.
var rare = []clitest.Signal{{Name: "PROF", Signal: syscall.SIGPROF}, {Name: "STKFLT", Signal: syscall.SIGSTKFLT}, {Name: "IO", Signal: syscall.SIGIO}, {Name: "SYS", Signal: syscall.SIGSYS}}

// TestDeathFromTheFirstCall sends a signal at each of the system calls that a process
// makes until it reads its file: it dies each time without a message.
func TestDeathFromTheFirstCall(t *testing.T) {
	t.Parallel()
	clitest.NeedEarlyEntry(t)
	clitest.NeedRead(t)
	program := clitest.NeedProgram(t, "strace")
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "one")
	for _, call := range []struct {
		name  string
		times int
	}{{"sched_getaffinity", 1}, {"rt_sigprocmask", 12}, {"rt_sigaction", 18}, {"mmap", 16}, {"clone", 3}, {"fcntl", 6}, {"newfstatat", 1}} {
		for i := range call.times {
			all := append(clitest.Deadly[:len(clitest.Deadly)-1:len(clitest.Deadly)-1], rare...)
			signal := all[(i+len(call.name))%len(all)]
			inject := fmt.Sprintf("inject=%s:signal=%d:when=%d", call.name, int(signal.Signal), i+1)
			trace := filepath.Join(dir, "trace")
			s := clitest.Settings{Dir: dir, Under: []string{"/bin/sh", "-c", clitest.NoCore + `; exec "$@"`, "sh",
				program, "-f", "-qq", "-o", trace, "-e", "trace=" + call.name, "-e", inject}}
			got := clitest.Ours.Output(t, []string{"a"}, s)
			log, _ := os.ReadFile(trace)
			if !bytes.Contains(log, []byte("--- SIG"+signal.Name)) {
				continue // there are not so many calls in one thread
			}
			if len(got.Stderr) > 0 || got.Status != "signal: "+signal.String() {
				t.Errorf("%s at %s number %d:\n%s", signal.Name, call.name, i+1, got)
			}
		}
	}
}

// TestDeathSoon sends signals at any time in the first milliseconds.
func TestDeathSoon(t *testing.T) {
	clitest.NeedEarlyEntry(t)
	dir := clitest.SignalDir(t)
	for i, signal := range append(clitest.Deadly[:len(clitest.Deadly):len(clitest.Deadly)], rare...) {
		for k := range 4 {
			clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
				s := tool.Session(t, []string{"p"}, clitest.Settings{Dir: dir})
				time.Sleep(time.Duration((i*4+k)*37%3000) * time.Microsecond)
				if err := unix.Prlimit(s.Pid, unix.RLIMIT_CORE, &unix.Rlimit{}, nil); err != nil {
					t.Fatal(err)
				}
				s.SendSignal(signal)
				s.WantDeath(signal)
			})
		}
	}
}

// blocking calls start in a thread that has signals blocked, which a process inherits.
func blocking(t *testing.T, signals []clitest.Signal, start func()) (mask uint64) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, signal := range signals {
		mask |= 1 << (signal.Signal - 1)
	}
	var before uint64
	set := func(how int, mask, old *uint64) {
		_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, uintptr(how), uintptr(unsafe.Pointer(mask)), uintptr(unsafe.Pointer(old)), 8, 0, 0)
		if errno != 0 {
			t.Fatal(errno)
		}
	}
	set(unix.SIG_BLOCK, &mask, &before)
	defer set(unix.SIG_SETMASK, &before, nil)
	start()
	return mask | before
}

// TestBlockedSignals checks that exactly the signals blocked by the caller are blocked in
// all threads, also while a temporary file is guarded against signals.
func TestBlockedSignals(t *testing.T) {
	clitest.NeedEarlyEntry(t)
	blocked := []clitest.Signal{
		{Name: "USR1", Signal: syscall.SIGUSR1}, {Name: "TERM", Signal: syscall.SIGTERM}, {Name: "ALRM", Signal: syscall.SIGALRM}, {Name: "PROF", Signal: syscall.SIGPROF}, {Name: "QUIT", Signal: syscall.SIGQUIT},
	}
	clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) { blockSignals(t, tool, blocked) })
	t.Run("output", func(t *testing.T) { blockSignals(t, clitest.Ours, blocked, "-o", "out") })
}

// blockSignals runs a tool with signals blocked, which it is then sent. With args it
// writes to the file "out".
func blockSignals(t *testing.T, tool *clitest.Tool, blocked []clitest.Signal, args ...string) {
	t.Helper()
	dir := clitest.SignalDir(t)
	var s *clitest.Session
	mask := blocking(t, blocked, func() {
		s = tool.Session(t, append(args, "p", "a"), clitest.Settings{Dir: dir})
	})
	w := clitest.OpenWriter(t, dir+"/p")
	s.Settle()
	for _, got := range s.Masks() {
		if got != mask && (args == nil || got&mask != mask) { // one thread waits for what is guarded against
			t.Errorf("a thread blocks %#x, want %#x", got, mask)
		}
	}
	for _, signal := range blocked {
		s.SendSignal(signal)
	}
	s.Settle()
	clitest.Finish(t, w, "fed")
	want := clitest.LineOf("fed", "p") + clitest.LineOf("one", "a")
	if args == nil {
		s.WantEnd("exit 0", want, "")
		return
	}
	s.WantEnd("exit 0", "", "")
	if got, _ := os.ReadFile(dir + "/out"); string(got) != want {
		t.Errorf("the file holds %q", got)
	}
}
