package resources_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/internal/large"
	"golang.org/x/sys/unix"
)

// refusal is the variable that has this program refuse a system call to itself
// and then become another one: "NUMBER ERROR".
const refusal = "PSHA1SUM_TEST_REFUSE"

func init() {
	what := os.Getenv(refusal)
	if what == "" {
		return
	}
	var number, errno int
	_, err := fmt.Sscan(what, &number, &errno)
	if err == nil {
		err = refuse(number, errno)
	}
	var path string
	if err == nil {
		path, err = exec.LookPath(os.Args[1])
	}
	if err == nil {
		os.Unsetenv(refusal)
		err = syscall.Exec(path, os.Args[1:], os.Environ())
	}
	fmt.Fprintln(os.Stderr, "refuse:", err)
	os.Exit(126)
}

// refuse installs a filter that has a system call of this thread, and of what it
// becomes, fail.
func refuse(number, errno int) error {
	runtime.LockOSThread()
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the number
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: uint32(number)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
}

// refusing returns the settings for that.
func refusing(t *testing.T, dir string, number int, errno syscall.Errno) clitest.Settings {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return clitest.Settings{Dir: dir, Under: []string{self}, Env: []string{fmt.Sprintf("%s=%d %d", refusal, number, int(errno))}}
}

// readWith returns the ways that --debug tells of.
func readWith(t *testing.T, out clitest.Outcome) string {
	t.Helper()
	ways, _, _ := debuggedWays(t, out)
	return strings.Join(ways, " ")
}

// TestWays has --debug tell which way was taken, and the output be the same in
// all of them. Where there is no ring, --io=uring is refused.
func TestWays(t *testing.T) {
	clitest.NeedOwn(t)
	filetest.NeedLocalDisk(t)
	dir := t.TempDir()
	names := slices.Insert(clitest.ManyFiles(t, dir, 1000), 500, "missing", ".", "/dev/null")
	want := clitest.Ours.Output(t, append([]string{"--io=read"}, names...), clitest.Settings{Dir: dir})
	ring := "io_uring read"
	if clitest.NoRing(t) != "" {
		ring = "read"
	}
	for _, test := range []struct {
		title string
		args  []string
		names []string
		want  string
	}{
		{"few", []string{"--io=auto"}, names[:50], "read"},
		{"many", []string{"--io=auto"}, names, ring},
		{"many, one by one", []string{"--io=auto", "--io-jobs=1"}, names, "read"},
		{"many, dropped", []string{"--io=auto", "--drop-cache"}, names, "read"},
		{"read", []string{"--io=read"}, names, "read"},
		{"ring", []string{"--io=uring"}, names, ring},
		{"ring, one by one", []string{"--io=uring", "--io-jobs=1"}, names, "read"},
		{"ring, dropped", []string{"--io=uring", "--drop-cache"}, names, "read"},
	} {
		t.Run(test.title, func(t *testing.T) {
			args := slices.Concat([]string{"--debug"}, test.args, test.names)
			got := clitest.Ours.Output(t, args, clitest.Settings{Dir: dir})
			if why := clitest.NoRing(t); why != "" && test.args[0] == "--io=uring" {
				if got.Status != "exit 1" || len(got.Stdout) > 0 || string(got.Stderr) != "sha1sum: cannot set up io_uring: "+why {
					t.Errorf("without a ring\n%s", got)
				}
				return
			}
			if got := readWith(t, got); got != test.want {
				t.Errorf("read with %s, want %s", got, test.want)
			}
			if len(test.names) == len(names) {
				clitest.WantText(t, string(got.Stdout), string(want.Stdout))
				if !strings.HasPrefix(string(got.Stderr), string(want.Stderr)) || got.Status != want.Status {
					t.Errorf("want\n%sgot\n%s", want, got)
				}
			}
		})
	}
}

// TestNoRing has the system refuse each of a ring's system calls, and the table
// of files: nobody notices, unless a ring was asked for.
func TestNoRing(t *testing.T) {
	clitest.NeedOwn(t)
	dir := t.TempDir()
	names := append(clitest.ManyFiles(t, dir, 300), "missing")
	want := clitest.Ours.Output(t, append([]string{"--io=read"}, names...), clitest.Settings{Dir: dir})
	clitest.Write(t, dir, "manifest", string(want.Stdout))
	wantCheck := clitest.Ours.Output(t, []string{"--io=read", "-c", "manifest"}, clitest.Settings{Dir: dir})
	for _, test := range []struct {
		title   string
		s       clitest.Settings
		message string
	}{
		{"setup not permitted", refusing(t, dir, unix.SYS_IO_URING_SETUP, unix.EPERM), "Operation not permitted"},
		{"setup unknown", refusing(t, dir, unix.SYS_IO_URING_SETUP, unix.ENOSYS), "Function not implemented"},
		{"setup without memory", refusing(t, dir, unix.SYS_IO_URING_SETUP, unix.ENOMEM), "Cannot allocate memory"},
		{"register not permitted", refusing(t, dir, unix.SYS_IO_URING_REGISTER, unix.EPERM), "Operation not permitted"},
		{"enter not permitted", refusing(t, dir, unix.SYS_IO_URING_ENTER, unix.EPERM), "Operation not permitted"},
		{"enter unknown", refusing(t, dir, unix.SYS_IO_URING_ENTER, unix.ENOSYS), "Function not implemented"},
		{"few descriptors", clitest.Settings{Dir: dir, Shell: "ulimit -n 60"}, "Too many open files"},
	} {
		t.Run(test.title, func(t *testing.T) {
			if out := clitest.Ours.Output(t, []string{"--io=read", names[0]}, test.s); out.Status != "exit 0" {
				clitest.Lacks(t, "no system call can be refused here\n%s", out)
			}
			got := clitest.Ours.Output(t, append([]string{"--io=auto", "--debug"}, names...), test.s)
			if ways := readWith(t, got); ways != "read" {
				t.Errorf("read with %s", ways)
			}
			_, rest := debugged(t, got)
			got.Stderr = []byte(rest)
			if difference := clitest.Compare(got, want); difference != "" {
				t.Errorf("%s differ\nwant\n%sgot\n%s", difference, want, got)
			}
			if got := clitest.Ours.Output(t, []string{"--io=auto", "--check", "manifest"}, test.s); clitest.Compare(got, wantCheck) != "" {
				t.Errorf("check: want\n%sgot\n%s", wantCheck, got)
			}
			for _, args := range [][]string{append([]string{"--io=uring"}, names...), {"--io=uring", "-c", "manifest"}, {"--io=uring", "--status", "-c", "manifest"}, {"--io=uring"}} {
				got := clitest.Ours.Output(t, args, test.s)
				refused := clitest.NoRing(t) != "" // for another reason, then
				if got.Status != "exit 1" || len(got.Stdout) > 0 || !refused && string(got.Stderr) != "sha1sum: cannot set up io_uring: "+test.message+"\n" {
					t.Errorf("%.2q: want %q, got\n%s", args, test.message, got)
				}
			}
			if got := clitest.Ours.Output(t, []string{"--io=uring", "--help"}, test.s); got.Status != "exit 0" {
				t.Errorf("--help\n%s", got)
			}
		})
	}
}

// TestRingFaults has the calls that drive a ring be interrupted, or put off.
func TestRingFaults(t *testing.T) {
	clitest.NeedOwn(t)
	if clitest.NoRing(t) != "" {
		return
	}
	dir := t.TempDir()
	names := append(clitest.ManyFiles(t, dir, 1100), "missing", ".")
	want := clitest.Ours.Output(t, append([]string{"--io=read"}, names...), clitest.Settings{Dir: dir})
	for _, fault := range []string{"EINTR:when=2+2", "EAGAIN:when=2+3", "EBUSY:when=3+2"} {
		for _, io := range []string{"--io=auto", "--io=uring"} {
			t.Run(fault+io, func(t *testing.T) {
				t.Parallel()
				s := clitest.Settings{Dir: dir, Under: clitest.StraceAll(t, "io_uring_enter:error="+fault)}
				got := clitest.Ours.Output(t, append([]string{io}, names...), s)
				if difference := clitest.Compare(got, want); difference != "" {
					t.Errorf("%s differ\nwant\n%sgot\n%s", difference, want, got)
				}
			})
		}
	}
}

// TestReadInterrupted has reads and opens be interrupted that read(2) does.
func TestReadInterrupted(t *testing.T) {
	clitest.NeedOwn(t)
	dir := t.TempDir()
	content := strings.Repeat("0123456789", 100_000)
	clitest.Write(t, dir, "a", content)
	for _, fault := range []string{"read:error=EINTR:when=1+2", "openat:error=EINTR:when=1"} {
		for _, io := range []string{"--io=auto", "--io=read"} {
			s := clitest.Settings{Dir: dir, Under: clitest.Strace(t, filepath.Join(dir, "a"), fault)}
			got := clitest.Ours.Output(t, []string{io, "a", "a", "a"}, s)
			if got.Status != "exit 0" || string(got.Stdout) != strings.Repeat(clitest.LineOf(content, "a"), 3) || len(got.Stderr) > 0 {
				t.Errorf("%s, %s\n%s", fault, io, got)
			}
		}
	}
}

// TestHungBesideRing has files that hang, with a ring at work, hold back neither
// the files behind them nor a signal.
func TestHungBesideRing(t *testing.T) {
	clitest.NeedOwn(t)
	ways := []string{"--io=auto", "--io=read", "--io=uring"}
	if clitest.NoRing(t) != "" {
		ways = ways[:2]
	}
	for _, io := range ways {
		t.Run(io, func(t *testing.T) {
			dir := t.TempDir()
			names := clitest.ManyFiles(t, dir, 300)
			hung := []string{"hung1", "hung2", "hung3", "hung4", "hung5", "hung6", "hung7", "hung8", "hung9", "hung10"}
			var release []func()
			for _, name := range hung {
				clitest.Write(t, dir, name, name)
				release = append(release, lease(t, filepath.Join(dir, name)))
			}
			defer func() {
				for _, f := range release {
					f()
				}
			}()
			args := slices.Concat([]string{io}, names[:150], hung, names[150:])
			watch := newWatch(t, dir)
			s := clitest.Ours.Session(t, args, clitest.Settings{Dir: dir})
			watch.wantAll(names)
			for _, name := range names[:150] {
				content, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				s.Stdout.Want(clitest.LineOf(string(content), name))
			}
			s.Stdout.WantNothing()
			s.SendSignal(clitest.Signal{Name: "INT", Signal: syscall.SIGINT})
			s.WantDeath(clitest.Signal{Name: "INT", Signal: syscall.SIGINT})
		})
	}
}

// TestDeathBesideRing has signals end a process at once that waits for a FIFO's
// writer, with a ring that has nothing to do.
func TestDeathBesideRing(t *testing.T) {
	for _, signal := range []clitest.Signal{{Name: "INT", Signal: syscall.SIGINT}, {Name: "TERM", Signal: syscall.SIGTERM}} {
		t.Run(signal.Name, func(t *testing.T) {
			clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
				dir := clitest.SignalDir(t)
				names := clitest.ManyFiles(t, dir, 200)
				var lines []string
				for _, name := range names {
					content, err := os.ReadFile(filepath.Join(dir, name))
					if err != nil {
						t.Fatal(err)
					}
					lines = append(lines, clitest.LineOf(string(content), name))
				}
				s := tool.Session(t, slices.Concat(names, []string{"p"}, names), clitest.Settings{Dir: dir})
				s.Stdout.Want(lines...)
				s.Settle()
				s.SendSignal(signal)
				s.WantDeath(signal)
			})
		})
	}
}

// TestNoDescriptorOfTheRing: what /dev/fd names is the caller's also behind as
// many small files as it takes to have a ring.
func TestNoDescriptorOfTheRing(t *testing.T) {
	clitest.NeedGNU(t)
	clitest.NeedFile(t, "/dev/fd")
	clitest.NeedEarlyEntry(t)
	dir := t.TempDir()
	names := clitest.ManyFiles(t, dir, 100)
	args := slices.Clone(names)
	for fd := 3; fd < 20; fd++ {
		args = append(args, fmt.Sprintf("/dev/fd/%d", fd), fmt.Sprintf("/proc/self/fd/%d", fd), names[fd])
	}
	s := clitest.Settings{Dir: dir}
	if diff := clitest.Compare(clitest.Ours.Output(t, args, s), clitest.GNU.Output(t, args, s)); diff != "" {
		t.Error(diff)
	}
	// One that is the caller's is read.
	var sessions [2]string
	for i, tool := range []*clitest.Tool{clitest.GNU, clitest.Ours} {
		r, w := clitest.Pipe(t)
		clitest.Feed(w, []byte("from a pipe"))
		session := tool.Session(t, slices.Concat(names, []string{"/dev/fd/3", "/dev/fd/4"}, names), clitest.Settings{Dir: dir}, r)
		sessions[i] = session.Stdout.Rest() + session.Stderr.Rest() + session.End()
	}
	clitest.WantText(t, sessions[1], sessions[0])
}

// TestSoak checks tiny files for a while, and sees neither memory nor descriptors
// grow.
func TestSoak(t *testing.T) {
	clitest.NeedOwn(t)
	if clitest.RaceEnabled {
		clitest.NotMeant(t, "the race detector takes memory of its own")
	}
	lines := 150_000
	if *large.Flag {
		lines = 30_000_000 // a minute or two
	}
	dir := t.TempDir()
	names := clitest.ManyFiles(t, dir, 499) // the 500th is larger
	var block bytes.Buffer
	for i, name := range names[1:] {
		content := strings.Repeat("c", (i+1)%300)
		if i%50 == 0 {
			name += "missing"
		}
		block.WriteString(clitest.LineOf(content, name))
	}
	r, w := clitest.Pipe(t)
	fed := make(chan struct{})
	s := clitest.Ours.Session(t, []string{"--check", "--status", "--ignore-missing", "--debug", "/dev/fd/3"}, clitest.Settings{Dir: dir}, r)
	var samples []string
	var memory, descriptors []int
	go func() {
		defer close(fed)
		defer w.Close()
		for n, next := 0, lines/10; n < lines; n += len(names) - 1 {
			if _, err := w.Write(block.Bytes()); err != nil {
				t.Error(err)
				return
			}
			if n >= next {
				next += lines / 20
				m, d := footprint(t, s.Pid)
				memory, descriptors = append(memory, m), append(descriptors, d)
				samples = append(samples, fmt.Sprintf("%d KiB, %d descriptors", m, d))
			}
		}
	}()
	<-fed
	status := s.End()
	t.Logf("%s, %s\n%s", status, s.Stderr.Rest(), strings.Join(samples, "\n"))
	if status != "exit 0" {
		t.Errorf("it ended with %s", status)
	}
	if len(memory) < 10 {
		t.Fatalf("%d samples", len(memory))
	}
	third := len(memory) / 3
	// What rises and falls must not rise from one third to the last, but for buffers
	// of which a busy machine has more of them touched.
	const everyBuffer = 22 << 10
	if early, late := slices.Max(memory[:third]), slices.Max(memory[2*third:]); late > max(early+4<<10, everyBuffer) {
		t.Errorf("it holds %d KiB, %d before", late, early)
	}
	if early, late := slices.Max(descriptors[:third]), slices.Max(descriptors[2*third:]); late > early+34 {
		t.Errorf("it has %d descriptors, %d before", late, early)
	}
}

var residentLine = regexp.MustCompile(`(?m)^VmRSS:\s+(\d+) kB$`)

// footprint returns how much memory a process holds, in KiB, and how many
// descriptors.
func footprint(t *testing.T, pid int) (memory, descriptors int) {
	proc := "/proc/" + strconv.Itoa(pid)
	text, err := os.ReadFile(proc + "/status")
	if err != nil {
		t.Error(err)
		return 0, 0
	}
	if match := residentLine.FindSubmatch(text); match != nil {
		memory, _ = strconv.Atoi(string(match[1]))
	}
	entries, err := os.ReadDir(proc + "/fd")
	if err != nil {
		t.Error(err)
	}
	return memory, len(entries)
}
