//go:build amd64 || arm64 || riscv64

package process

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maskBytes is the size of the kernel's set of signals.
const maskBytes = 8

// The kernel's dispositions of a signal.
const (
	sigDefault = 0
	sigIgnore  = 1
)

// restoreSignals takes the signals back from the Go runtime, where main.preEntry
// hasn't kept them from it. It catches nearly all of them, whether they were ignored or not,
// and then does nothing, or prints the stacks of all goroutines. Here a process that
// times out, exceeds a limit or is told to quit dies of the signal, and one that was
// started with a signal ignored or blocked goes on without it.
//
// SIGPIPE is among them: a write to a pipe that nobody reads ends the process
// there and then.
func restoreSignals() {
	const last = 64
	for sig := unix.Signal(1); sig <= last; sig++ {
		// Of SIGHUP and SIGINT the runtime itself leaves alone what was ignored.
		if !runtimeNeeds(sig) && disposition(sig) != sigIgnore {
			setDisposition(sig, sigDefault)
		}
	}
}

// runtimeNeeds reports whether the runtime can't work without its handler: for
// its own faults, to preempt goroutines, and for calls in all threads. main.preEntry has the
// same set.
func runtimeNeeds(sig unix.Signal) bool {
	switch sig {
	case unix.SIGSEGV, unix.SIGBUS, unix.SIGFPE, unix.SIGILL, unix.SIGURG, 32, 33, 34:
		return true
	}
	return false
}

// DeadlySignals are the signals that end a process which does nothing about them, as far
// as somebody sends them.
var DeadlySignals = []os.Signal{
	unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGPIPE, unix.SIGALRM, unix.SIGUSR1, unix.SIGUSR2,
	unix.SIGXCPU, unix.SIGXFSZ, unix.SIGVTALRM, unix.SIGABRT, unix.SIGIO, unix.SIGPROF, unix.SIGPWR, unix.SIGSTKFLT,
}

// isIgnored reports whether a signal is ignored, or blocked: package os/signal would
// unblock it. All threads block the same.
func isIgnored(sig os.Signal) bool {
	number := sig.(unix.Signal)
	var mask uint64
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_BLOCK, 0, uintptr(unsafe.Pointer(&mask)), maskBytes, 0, 0)
	return disposition(number) == sigIgnore || mask&(1<<(number-1)) != 0
}

// catchSignals gives signals to the Go runtime, for package os/signal. The
// runtime still believes that it has them, so it doesn't take them by itself. Its
// handler is the same for all.
func catchSignals(sigs []os.Signal) {
	var handler sigaction
	rtSigaction(unix.SIGURG, nil, &handler)
	for _, sig := range sigs {
		rtSigaction(sig.(unix.Signal), &handler, nil)
	}
}

// defaultSignals takes them back.
func defaultSignals(sigs []os.Signal) {
	for _, sig := range sigs {
		setDisposition(sig.(unix.Signal), sigDefault)
	}
}

// A sigaction is the kernel's struct, which is not the C library's: handler,
// flags, restorer (where there is one), mask.
type sigaction [4]uintptr

func disposition(sig unix.Signal) uintptr {
	var old sigaction
	rtSigaction(sig, nil, &old)
	return old[0]
}

// setDisposition is sigaction(2) without a handler. The os/signal package has
// no such call: its defaults are the runtime's.
func setDisposition(sig unix.Signal, disposition uintptr) {
	rtSigaction(sig, &sigaction{disposition}, nil)
}

// rtSigaction can only fail for SIGKILL and SIGSTOP, which are as they are.
func rtSigaction(sig unix.Signal, action, old *sigaction) {
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig),
		uintptr(unsafe.Pointer(action)), uintptr(unsafe.Pointer(old)), maskBytes, 0, 0)
}
