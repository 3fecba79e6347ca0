package process

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Restore undoes what the Go runtime did to the process: with it gone,
// the process is to its caller and to the files that it reads what a C program
// would be.
func (i Inherited) Restore() {
	i.restoreStreams()
	if !i.SignalsLeft {
		restoreSignals()
	}
	closeRuntimeFiles()
}

// restoreStreams closes the standard streams that were closed at first, in whose
// place something was put (main.preEntry): /dev/stdin then names nothing, as it should.
func (i Inherited) restoreStreams() {
	for fd := range 3 {
		if i.WasClosed(fd) {
			unix.Close(fd)
		}
	}
}

// closeRuntimeFiles closes the cgroup files from which the runtime learns of
// changes to its share of the processors while it runs. We run for seconds, and
// two descriptors more can be two too many: GNU sha1sum needs one. /dev/fd/3
// would name one of them, too.
//
// Setting GOMAXPROCS, to whatever value, ends the runtime's interest in the
// files. They are the only ones that close on exec: those that our caller left
// open for us can't have that mark.
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

// WriteAll writes p whole, or returns the system's error. It goes around
// os.File, which would make EPIPE a signal even where that is ignored.
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
