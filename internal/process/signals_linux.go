//go:build amd64 || arm64 || riscv64

package process

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maskBytes is the size of the kernel's signal set.
const maskBytes = 8

// Signal dispositions of the kernel.
const (
	sigDefault = 0
	sigIgnore  = 1
)

// restoreSignals restores the default handling of signals, where main.preEntry hasn't
// kept the runtime from changing it. The runtime catches nearly all signals, even
// ignored ones, and then does nothing or prints goroutine stacks. After restoreSignals,
// a process that times out, exceeds a limit or is told to quit dies of the signal, and
// one that was started with a signal ignored or blocked continues.
//
// This includes SIGPIPE: writing to a pipe without a reader ends the process.
func restoreSignals() {
	const last = 64
	for sig := unix.Signal(1); sig <= last; sig++ {
		// The runtime leaves SIGHUP and SIGINT alone if they were ignored.
		if !runtimeNeeds(sig) && disposition(sig) != sigIgnore {
			setDisposition(sig, sigDefault)
		}
	}
}

// runtimeNeeds reports whether the runtime needs its handler: for faults, preemption,
// and calls in all threads. main.preEntry has the same set.
func runtimeNeeds(sig unix.Signal) bool {
	switch sig {
	case unix.SIGSEGV, unix.SIGBUS, unix.SIGFPE, unix.SIGILL, unix.SIGURG, 32, 33, 34:
		return true
	}
	return false
}

// DeadlySignals are the signals that end a process by default and that other processes
// may send.
var DeadlySignals = []os.Signal{
	unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGPIPE, unix.SIGALRM, unix.SIGUSR1, unix.SIGUSR2,
	unix.SIGXCPU, unix.SIGXFSZ, unix.SIGVTALRM, unix.SIGABRT, unix.SIGIO, unix.SIGPROF, unix.SIGPWR, unix.SIGSTKFLT,
}

// isIgnored reports whether a signal is ignored or blocked; os/signal would unblock it.
// All threads have the same mask.
func isIgnored(sig os.Signal) bool {
	number := sig.(unix.Signal)
	var mask uint64
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_BLOCK, 0, uintptr(unsafe.Pointer(&mask)), maskBytes, 0, 0)
	return disposition(number) == sigIgnore || mask&(1<<(number-1)) != 0
}

// catchSignals restores the runtime's handler for package os/signal. The runtime
// believes that it is still installed, so it would not install it again. The handler is
// the same for all signals.
func catchSignals(sigs []os.Signal) {
	var handler sigaction
	rtSigaction(unix.SIGURG, nil, &handler)
	for _, sig := range sigs {
		rtSigaction(sig.(unix.Signal), &handler, nil)
	}
}

// defaultSignals restores the default handling.
func defaultSignals(sigs []os.Signal) {
	for _, sig := range sigs {
		setDisposition(sig.(unix.Signal), sigDefault)
	}
}

// A sigaction is the kernel's struct, which differs from the C library's: handler,
// flags, restorer (on some architectures), mask.
type sigaction [4]uintptr

func disposition(sig unix.Signal) uintptr {
	var old sigaction
	rtSigaction(sig, nil, &old)
	return old[0]
}

// setDisposition is sigaction(2) without a handler. Package os/signal can't do this;
// its default is the runtime's handler.
func setDisposition(sig unix.Signal, disposition uintptr) {
	rtSigaction(sig, &sigaction{disposition}, nil)
}

// rtSigaction fails only for SIGKILL and SIGSTOP, which can't be changed.
func rtSigaction(sig unix.Signal, action, old *sigaction) {
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig),
		uintptr(unsafe.Pointer(action)), uintptr(unsafe.Pointer(old)), maskBytes, 0, 0)
}
