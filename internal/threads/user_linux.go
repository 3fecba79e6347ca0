package threads

import (
	"math"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A userLimit is RLIMIT_NPROC of getrlimit(2), on the threads of all processes of a
// user. Nobody tells how many those are: /proc has only those of our PID namespace, and
// to count them takes long. So the limit is lowered for a moment by as many as are
// asked for, and the kernel asked whether there may be one more. A thread that the
// runtime wants to make in that moment is refused, and tried again a millisecond
// later.
type userLimit struct {
	max   unix.Rlimit
	probe func() answer
}

// An answer is that to whether one thread more may be made now.
type answer int

const (
	no answer = iota
	yes
	perhaps // the limit was not reached, or not looked at
)

// few is a limit that is minded even where nobody tells how near it is.
const few = 4096

// newUserLimit returns the limit, if there is one that binds us.
func newUserLimit() (l *userLimit, ok bool) {
	l = &userLimit{probe: probeByClone}
	if unix.Getrlimit(unix.RLIMIT_NPROC, &l.max) != nil || l.max.Cur >= math.MaxInt32 {
		return nil, false
	}
	for _, l.probe = range []func() answer{probeByClone, probeByFork} {
		// With none left it is refused to all but those whom the limit doesn't bind.
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

// search returns the largest number up to most for which there is room, beginning
// with most itself.
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

// ask asks whether there is room for so many.
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

// probeByClone asks clone3(2) for a thread with the number 1, which is always taken.
// Nothing is made: it is refused for that, or because the caller may not choose; or
// before, for the limit.
func probeByClone() answer {
	const thread = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_SYSVSEM | unix.CLONE_THREAD
	number := int32(1)
	args := &cloneArgs{flags: thread, setTID: uint64(uintptr(unsafe.Pointer(&number))), setTIDSize: 1}
	_, _, errno := unix.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(args)), unsafe.Sizeof(*args), 0)
	switch errno {
	case unix.EAGAIN:
		return no // for now; want of memory has another number
	case unix.EEXIST:
		return yes
	}
	return perhaps // EPERM, which a filter of system calls may say as well
}

// probeByFork makes a process that ends at once, having no program to run.
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
