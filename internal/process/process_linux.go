package process

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Restore undoes what the Go runtime did to the process, so that it behaves to its
// caller and towards files like a C program.
func (i Inherited) Restore() {
	i.restoreStreams()
	if !i.SignalsLeft {
		restoreSignals()
	}
	closeRuntimeFiles()
}

// restoreStreams closes the standard streams that were closed at the start, in whose
// place main.preEntry opened something. /dev/stdin must not exist then.
func (i Inherited) restoreStreams() {
	for fd := range 3 {
		if i.WasClosed(fd) {
			unix.Close(fd)
		}
	}
}

// closeRuntimeFiles closes the cgroup files in which the runtime watches its CPU limit.
// We run for seconds, and two descriptors may be too many: GNU sha1sum needs one. Also,
// /dev/fd/3 would be one of them.
//
// Setting GOMAXPROCS, to any value, stops the runtime from using the files. They are
// the only ones with close-on-exec: descriptors that were inherited can't have it.
func closeRuntimeFiles() {
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	const some = 16 // the runtime's are among the first
	for fd := 3; fd < some; fd++ {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC == 0 {
			continue
		}
		var st unix.Stat_t
		if unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG {
			unix.Close(fd)
		}
	}
}

// WriteAll writes all of p or returns the system's error. It bypasses os.File, which
// would turn EPIPE into a signal even if that is ignored.
func WriteAll(f *os.File, p []byte) error {
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
