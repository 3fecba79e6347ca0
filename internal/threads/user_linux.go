package threads

import (
	"math"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A userLimit is RLIMIT_NPROC of getrlimit(2), on the threads of all processes of a
// user. Their number can't be queried: /proc shows only our PID namespace, and counting
// takes long. Instead the limit is lowered briefly by the requested number, and the
// kernel is asked whether one more thread can be created. If the runtime creates a
// thread at that moment, it fails and is retried a millisecond later.
type userLimit struct {
	max   unix.Rlimit
	probe func() answer
}

// An answer says whether one more thread can be created.
type answer int

const (
	no answer = iota
	yes
	perhaps // the limit was not reached, or not checked
)

// few is a limit that is respected even if its usage can't be determined.
const few = 4096

// newUserLimit returns the limit, if it applies to us.
func newUserLimit() (l *userLimit, ok bool) {
	l = &userLimit{probe: probeByClone}
	if unix.Getrlimit(unix.RLIMIT_NPROC, &l.max) != nil || l.max.Cur >= math.MaxInt32 {
		return nil, false
	}
	for _, l.probe = range []func() answer{probeByClone, probeByFork} {
		// With a limit of 0, creation is refused unless the limit doesn't apply.
		switch l.ask(int(l.max.Cur) + 1) {
		case yes:
			return nil, false
		case no:
			return l, true
		}
	}
	l.probe = func() answer { return no }
	return l, l.max.Cur < few
}

func (l *userLimit) room(most int) int {
	most = min(most, int(l.max.Cur))
	return search(most, func(n int) bool { return l.ask(n) != no })
}

// search returns the largest n up to most with roomFor(n). It tries most first.
func search(most int, roomFor func(n int) bool) int {
	if most <= 0 || roomFor(most) {
		return max(most, 0)
	}
	least := 0
	for least+1 < most {
		if middle := (least + most) / 2; roomFor(middle) {
			least = middle
		} else {
			most = middle
		}
	}
	return least
}

// ask reports whether there is room for n threads.
func (l *userLimit) ask(n int) answer {
	lower := l.max
	lower.Cur -= min(lower.Cur, uint64(n)-1)
	if unix.Setrlimit(unix.RLIMIT_NPROC, &lower) != nil {
		return perhaps
	}
	defer unix.Setrlimit(unix.RLIMIT_NPROC, &l.max)
	return l.probe()
}

// cloneArgs is the kernel's struct clone_args.
type cloneArgs struct {
	flags, pidfd, childTID, parentTID, exitSignal, stack, stackSize, tls uint64
	setTID, setTIDSize                                                   uint64
}

// probeByClone asks clone3(2) for a thread with ID 1, which always exists. No thread is
// created: the call fails because of the ID or missing privileges, or before that
// because of the limit.
func probeByClone() answer {
	const thread = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_SYSVSEM | unix.CLONE_THREAD
	number := int32(1)
	args := &cloneArgs{flags: thread, setTID: uint64(uintptr(unsafe.Pointer(&number))), setTIDSize: 1}
	_, _, errno := unix.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(args)), unsafe.Sizeof(*args), 0)
	switch errno {
	case unix.EAGAIN:
		return no // out of memory has another error
	case unix.EEXIST:
		return yes
	}
	return perhaps // EPERM, which a seccomp filter may return too
}

// probeByFork creates a process that ends at once, because its program doesn't exist.
func probeByFork() answer {
	_, err := syscall.ForkExec("", []string{""}, &syscall.ProcAttr{})
	switch err {
	case syscall.EAGAIN:
		return no
	case syscall.ENOENT:
		return yes
	}
	return perhaps
}
