//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// denied is what a child must do without. This program starts itself, gives it up, and
// executes the child.
type denied struct {
	Calls  map[string]syscall.Errno // system calls that fail, with their errors
	Files  uint64                   // RLIMIT_NOFILE; 0: inherited
	CPUs   []int                    // CPUs to use; nil: inherited
	Closed []int                    // descriptors
	Cgroup string                   // directory of a control group to enter
}

func (d denied) none() bool {
	return len(d.Calls) == 0 && d.Files == 0 && d.CPUs == nil && d.Closed == nil && d.Cgroup == ""
}

func (d denied) String() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(d.Calls)) {
		all = append(all, fmt.Sprintf("%s: %s", name, unix.ErrnoName(d.Calls[name])))
	}
	if d.Files > 0 {
		all = append(all, fmt.Sprintf("ulimit -n %d", d.Files))
	}
	if d.CPUs != nil {
		all = append(all, fmt.Sprintf("processors but %d", d.CPUs))
	}
	if d.Closed != nil {
		all = append(all, fmt.Sprintf("closed %d", d.Closed))
	}
	if d.Cgroup != "" {
		limit, _ := os.ReadFile(d.Cgroup + "/pids.max")
		all = append(all, fmt.Sprintf("pids.max %s", strings.TrimSpace(string(limit))))
	}
	return strings.Join(all, ", ")
}

// pipeFD is the child's end of the pipe of becomes.
const pipeFD = 3

// confine is the environment variable that makes this program execute a child: what is
// denied, as JSON. The arguments are the child's path, its name, and its arguments.
const confine = "PSHA1SUM_ATTACK_CONFINE"

// denied returns the command that runs a program without what is denied.
func (t *trial) denied(d denied, path, name string, args []string) *exec.Cmd {
	if d.none() {
		return &exec.Cmd{Path: path, Args: append([]string{name}, args...)}
	}
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // can't happen
	}
	return &exec.Cmd{
		Path: t.self, Args: append([]string{t.self, path, name}, args...),
		Env: []string{confine + "=" + string(text)},
	}
}

// confined applies the environment variable and executes the child. It returns false if
// the variable is not set.
func confined() bool {
	text, set := os.LookupEnv(confine)
	if !set {
		return false
	}
	os.Unsetenv(confine)
	unix.CloseOnExec(pipeFD)
	runtime.LockOSThread() // seccomp filters and CPU affinity belong to a thread
	var d denied
	err := json.Unmarshal([]byte(text), &d)
	if err == nil {
		err = d.apply()
	}
	if err == nil {
		err = syscall.Exec(os.Args[1], os.Args[2:], os.Environ())
	}
	fmt.Fprintln(os.Stderr, "attack: confine:", err)
	os.Exit(125)
	return true
}

// apply denies it to this thread and to what it executes. Descriptors closed here stay
// closed: Go opens /dev/null in place of standard streams only at program start.
func (d denied) apply() error {
	if d.CPUs != nil {
		var set unix.CPUSet
		for _, cpu := range d.CPUs {
			set.Set(cpu)
		}
		if err := unix.SchedSetaffinity(0, &set); err != nil {
			return err
		}
	}
	if d.Cgroup != "" {
		if err := os.WriteFile(d.Cgroup+"/cgroup.procs", []byte(strconv.Itoa(os.Getpid())), 0); err != nil {
			return err
		}
	}
	if d.Files > 0 {
		limit := syscall.Rlimit{Cur: d.Files, Max: d.Files}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			return err
		}
	}
	for _, fd := range d.Closed {
		unix.Close(fd)
	}
	if len(d.Calls) == 0 {
		return nil
	}
	return filter(d.Calls)
}

// refusable are the system calls that psha1sum must work without, because kernels or
// sandboxes may lack them.
var refusable = map[string]uint32{
	"io_uring_setup": unix.SYS_IO_URING_SETUP, "io_uring_enter": unix.SYS_IO_URING_ENTER, "io_uring_register": unix.SYS_IO_URING_REGISTER,
	"openat2": unix.SYS_OPENAT2, "statx": unix.SYS_STATX, "fadvise64": unix.SYS_FADVISE64, "madvise": unix.SYS_MADVISE,
	"statfs": unix.SYS_STATFS, "fstatfs": unix.SYS_FSTATFS, "faccessat2": unix.SYS_FACCESSAT2, "prlimit64": unix.SYS_PRLIMIT64,
	"sched_getaffinity": unix.SYS_SCHED_GETAFFINITY, "splice": unix.SYS_SPLICE, "copy_file_range": unix.SYS_COPY_FILE_RANGE,
	"sendfile": unix.SYS_SENDFILE, "mlock": unix.SYS_MLOCK, "memfd_create": unix.SYS_MEMFD_CREATE, "close_range": unix.SYS_CLOSE_RANGE,
	"fchown": unix.SYS_FCHOWN, "linkat": unix.SYS_LINKAT,
}

// maybeInvalid are those for which file systems and older kernels return EINVAL. For
// the others EINVAL is an ordinary error that psha1sum may report: openat2(2) has
// supported all flags in use since it exists.
var maybeInvalid = map[string]bool{
	"io_uring_setup": true, "io_uring_enter": true, "io_uring_register": true, "fadvise64": true, "madvise": true,
	"splice": true, "copy_file_range": true, "sendfile": true, "mlock": true, "memfd_create": true, "close_range": true,
}

// someRefused chooses system calls to refuse, a few or many.
func someRefused(r *rand.Rand) map[string]syscall.Errno {
	percent := pick(r, 10, 30, 100)
	errno := pick(r, unix.ENOSYS, unix.EPERM)
	calls := make(map[string]syscall.Errno)
	for _, name := range slices.Sorted(maps.Keys(refusable)) {
		if r.IntN(100) >= percent {
			continue
		}
		calls[name] = errno
		switch {
		case r.IntN(4) > 0:
		case maybeInvalid[name]:
			calls[name] = unix.EINVAL
		default:
			calls[name] = pick(r, unix.ENOSYS, unix.EPERM)
		}
	}
	return calls
}

// filter makes system calls of this thread, and of what it executes, fail.
func filter(calls map[string]syscall.Errno) error {
	program := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}} // system call number
	for name, errno := range calls {
		number, known := refusable[name]
		if !known {
			return fmt.Errorf("unknown system call %q", name)
		}
		program = append(program,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: number},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)})
	}
	program = append(program, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&fprog)), 0, 0)
	runtime.KeepAlive(program)
	return err
}

// A machine is what this machine provides.
type machine struct {
	gnu     map[string]string // paths of GNU's tools, by name
	noRing  bool              // for psha1sum
	seccomp bool
	root    bool
	cpus    []int
}

// findMachine determines what this machine provides.
func (a *attack) findMachine() error {
	m := &a.machine
	m.root = os.Geteuid() == 0
	m.gnu = make(map[string]string)
	for _, name := range gnuTools {
		path, err := exec.LookPath(name)
		if err != nil {
			return fmt.Errorf("GNU's %s is not installed", name)
		}
		version, _ := exec.Command(path, "--version").Output()
		if !strings.Contains(string(version), "(GNU coreutils)") {
			return fmt.Errorf("%s is not GNU's", path)
		}
		m.gnu[name] = path
	}
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return err
	}
	for cpu := range len(set) * 64 {
		if set.IsSet(cpu) {
			m.cpus = append(m.cpus, cpu)
		}
	}
	out, err := exec.Command(a.psha1sum, "--io=uring", os.DevNull).CombinedOutput()
	if m.noRing = err != nil; m.noRing {
		a.note("no io_uring here: %s", strings.TrimSpace(string(out)))
	}
	if out, err := exec.Command(a.psha1sum, "--io=read", os.DevNull).CombinedOutput(); err != nil {
		return fmt.Errorf("%s can't hash /dev/null: %w: %s", a.psha1sum, err, out)
	}
	t := &trial{attack: a}
	cmd := t.denied(denied{Calls: map[string]syscall.Errno{"openat2": unix.ENOSYS}}, a.psha1sum, "sha1sum", []string{os.DevNull})
	if out, err := cmd.CombinedOutput(); err != nil {
		a.note("no seccomp here, so no system call is refused: %v %s", err, out)
	} else {
		m.seccomp = true
	}
	return nil
}

// inOwnMounts is the environment variable that says that this process has its own mount
// namespace.
const inOwnMounts = "PSHA1SUM_ATTACK_MOUNTS"

// ownMounts gives this process its own mount namespace, by executing itself in one.
// Without root nothing is mounted.
func ownMounts() error {
	if os.Geteuid() != 0 || os.Getenv(inOwnMounts) != "" {
		return nil
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return syscall.Exec(self, os.Args, append(os.Environ(), inOwnMounts+"=1"))
}

// errNoMounts is the reason for mounting nothing.
var errNoMounts = errors.New("not root, or no mounts of our own")

// mount mounts a file system below the trial's directory until the trial ends.
func (t *trial) mount(source, at, kind string, flags uintptr, data string) error {
	if os.Getenv(inOwnMounts) == "" {
		return errNoMounts
	}
	if err := unix.Mount(source, at, kind, flags, data); err != nil {
		return err
	}
	t.cleanup(func() { unix.Unmount(at, unix.MNT_DETACH) })
	return nil
}

// pidsCgroup creates a control group with a limit on threads until the trial ends.
func (t *trial) pidsCgroup(limit int) (dir string, err error) {
	for _, top := range []string{"/sys/fs/cgroup/pids", "/sys/fs/cgroup"} {
		dir = filepath.Join(top, filepath.Base(t.work)+"-"+filepath.Base(t.dir)+fmt.Sprintf("-%d", limit))
		if err = os.Mkdir(dir, 0o755); err != nil {
			continue
		}
		t.cleanup(func() { os.Remove(dir) })
		if err = os.WriteFile(dir+"/pids.max", []byte(strconv.Itoa(limit)), 0); err == nil {
			return dir, nil
		}
	}
	return "", err
}
