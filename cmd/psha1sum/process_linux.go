package main

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What the process inherited, as seen before the Go runtime touched it. They
// are set by preEntry (entry_linux_*.s), which is the program's entry point if
// the linker was told so (-ldflags "-E main.preEntry", see scripts/build). In a
// build without that flag they stay zero, and the runtime hides that a standard
// stream was closed (it opens /dev/null in its place) or a signal ignored.
var (
	closedStreams  uint32 // bit N: descriptor N was closed, N = 0, 1, 2
	ignoredSignals uint64 // bit N: signal N was ignored
)

// wasClosed reports whether a standard stream was closed when the process
// started.
func wasClosed(fd uint) bool { return closedStreams&(1<<fd) != 0 }

// restoreStreams closes the standard streams that were closed before the runtime
// opened /dev/null in their place: /dev/stdin then names nothing, as it should.
func restoreStreams() {
	for fd := range uint(3) {
		if wasClosed(fd) {
			unix.Close(int(fd))
		}
	}
}

// dispositions of a signal, as the kernel has them.
const (
	sigDefault = 0
	sigIgnore  = 1
)

// restoreSignals undoes what the Go runtime did to the signals that end a C
// program: it catches nearly all of them, whether they were ignored or not, and
// does nothing, or prints the stacks of all goroutines. A process that times
// out, exceeds a limit or is told to quit dies of the signal here, and one that
// was started with a signal ignored goes on ignoring it.
//
// SIGPIPE is among them: a write to a pipe that nobody reads ends the process
// there and then.
func restoreSignals() {
	for _, sig := range []unix.Signal{
		unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGPIPE, unix.SIGTERM,
		unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM, unix.SIGVTALRM, unix.SIGSTKFLT,
		unix.SIGXCPU, unix.SIGXFSZ, unix.SIGIO, unix.SIGPWR, unix.SIGABRT, unix.SIGTRAP, unix.SIGSYS,
	} {
		switch {
		case ignoredSignals&(1<<sig) != 0:
			setDisposition(sig, sigIgnore)
		case sig != unix.SIGHUP && sig != unix.SIGINT: // of these the runtime takes care itself
			setDisposition(sig, sigDefault)
		}
	}
}

// setDisposition is sigaction(2) without a handler. The os/signal package has
// no such call: its defaults are the runtime's.
func setDisposition(sig unix.Signal, disposition uintptr) {
	// The kernel's struct, which is not the C library's: handler, flags,
	// restorer (where there is one), mask. All zero but for the first.
	action := [4]uintptr{disposition}
	const maskBytes = 8
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig),
		uintptr(unsafe.Pointer(&action)), 0, maskBytes, 0, 0)
}

// writeAll writes p whole, or returns the system's error. It goes around
// os.File, which would make EPIPE a signal even where that is ignored.
func writeAll(f *os.File, p []byte) error {
	fd := int(f.Fd())
	for len(p) > 0 {
		n, err := unix.Write(fd, p)
		if err != nil && err != unix.EINTR {
			return err
		}
		p = p[max(n, 0):]
	}
	return nil
}
