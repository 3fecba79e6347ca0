package main_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// rare are deadly signals that only a build with the early entry leaves alone from
// the beginning.
var rare = []namedSignal{{"PROF", syscall.SIGPROF}, {"STKFLT", syscall.SIGSTKFLT}, {"IO", syscall.SIGIO}, {"SYS", syscall.SIGSYS}}

// TestDeathFromTheFirstCall has a signal come with each of the system calls that a
// process makes until it reads its file, one after the other: it dies of each without
// a word.
func TestDeathFromTheFirstCall(t *testing.T) {
	t.Parallel()
	needEarlyEntry(t)
	needRead(t)
	program := needProgram(t, "strace")
	dir := t.TempDir()
	write(t, dir, "a", "one")
	for _, call := range []struct {
		name  string
		times int
	}{{"sched_getaffinity", 1}, {"rt_sigprocmask", 12}, {"rt_sigaction", 18}, {"mmap", 16}, {"clone", 3}, {"fcntl", 6}, {"newfstatat", 1}} {
		for i := range call.times {
			all := append(deadly[:len(deadly)-1:len(deadly)-1], rare...)
			signal := all[(i+len(call.name))%len(all)]
			inject := fmt.Sprintf("inject=%s:signal=%d:when=%d", call.name, int(signal.Signal), i+1)
			trace := filepath.Join(dir, "trace")
			s := settings{dir: dir, under: []string{"/bin/sh", "-c", noCore + `; exec "$@"`, "sh",
				program, "-f", "-qq", "-o", trace, "-e", "trace=" + call.name, "-e", inject}}
			got := ours.output(t, []string{"a"}, s)
			log, _ := os.ReadFile(trace)
			if !bytes.Contains(log, []byte("--- SIG"+signal.name)) {
				continue // there are not so many calls in one thread
			}
			if len(got.stderr) > 0 || got.status != "signal: "+signal.String() {
				t.Errorf("%s at %s number %d:\n%s", signal.name, call.name, i+1, got)
			}
		}
	}
}

// TestDeathSoon sends signals at any time in the first milliseconds.
func TestDeathSoon(t *testing.T) {
	needEarlyEntry(t)
	dir := signalDir(t)
	for i, signal := range append(deadly[:len(deadly):len(deadly)], rare...) {
		for k := range 4 {
			eachTool(t, func(t *testing.T, tool *tool) {
				s := tool.session(t, []string{"p"}, settings{dir: dir})
				time.Sleep(time.Duration((i*4+k)*37%3000) * time.Microsecond)
				if err := unix.Prlimit(s.Pid, unix.RLIMIT_CORE, &unix.Rlimit{}, nil); err != nil {
					t.Fatal(err)
				}
				s.signal(signal)
				s.wantDeath(signal)
			})
		}
	}
}

// blocking calls start in a thread that has signals blocked, which a process inherits.
func blocking(t *testing.T, signals []namedSignal, start func()) (mask uint64) {
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

// TestBlockedSignals: what the caller blocked is blocked in all threads, and nothing
// else is, also where a temporary file is guarded against signals.
func TestBlockedSignals(t *testing.T) {
	needEarlyEntry(t)
	blocked := []namedSignal{
		{"USR1", syscall.SIGUSR1}, {"TERM", syscall.SIGTERM}, {"ALRM", syscall.SIGALRM}, {"PROF", syscall.SIGPROF}, {"QUIT", syscall.SIGQUIT},
	}
	eachTool(t, func(t *testing.T, tool *tool) { blockSignals(t, tool, blocked) })
	t.Run("output", func(t *testing.T) { blockSignals(t, ours, blocked, "-o", "out") })
}

// blockSignals runs a tool with signals blocked, which it is then sent. With args it
// writes to the file "out".
func blockSignals(t *testing.T, tool *tool, blocked []namedSignal, args ...string) {
	t.Helper()
	dir := signalDir(t)
	var s *session
	mask := blocking(t, blocked, func() {
		s = tool.session(t, append(args, "p", "a"), settings{dir: dir})
	})
	w := openWriter(t, dir+"/p")
	s.settle()
	for _, got := range s.masks() {
		if got != mask && (args == nil || got&mask != mask) { // one thread waits for what is guarded against
			t.Errorf("a thread blocks %#x, want %#x", got, mask)
		}
	}
	for _, signal := range blocked {
		s.signal(signal)
	}
	s.settle()
	finish(t, w, "fed")
	want := lineOf("fed", "p") + lineOf("one", "a")
	if args == nil {
		s.wantEnd("exit 0", want, "")
		return
	}
	s.wantEnd("exit 0", "", "")
	if got, _ := os.ReadFile(dir + "/out"); string(got) != want {
		t.Errorf("the file holds %q", got)
	}
}

// masks returns the sets of signals that the threads of the process block.
func (p *process) masks() (masks []uint64) {
	p.t.Helper()
	paths, _ := filepath.Glob("/proc/" + strconv.Itoa(p.Pid) + "/task/*/status")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(text), "SigBlk:\t")
		mask, err := strconv.ParseUint(rest[:16], 16, 64)
		if err != nil {
			p.t.Fatal(err)
		}
		masks = append(masks, mask)
	}
	if len(masks) == 0 {
		p.t.Fatal("no thread is seen")
	}
	return masks
}
