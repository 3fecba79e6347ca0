//go:build unix

package reader

import "golang.org/x/sys/unix"

func reserveFD() *ReservedFD {
	r := &ReservedFD{number: -1}
	if fd, err := openFiller(); err == nil {
		r.number = aboveStreams(fd)
	}
	return r
}

// aboveStreams moves a descriptor above the numbers of the standard streams, as GNU's
// programs do, if it can.
func aboveStreams(fd int) int {
	const first = 3
	if fd >= first {
		return fd
	}
	above, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, first)
	if err != nil {
		return fd
	}
	unix.Close(fd)
	return above
}

func openFiller() (fd int, err error) {
	err = ignoringEINTR(func() error {
		fd, err = unix.Open("/", searchOnly|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		return err
	})
	return fd, err
}

func (r *ReservedFD) release() {
	unix.Close(r.number)
	r.number = -1
}

func (r *ReservedFD) open(name string, info Info) (File, error) {
	if info.Kind == Sequential {
		r.Release()
	}
	lost := r.IsLost()
	f, err := Open(name, info)
	if err != nil && OutOfDescriptors(err) && r.isTaken() {
		r.Release()
		f, err = Open(name, info)
	}
	switch {
	case err != nil:
		return f, err
	case lost:
		r.number = aboveStreams(int(f.handle))
		f.handle = handle(r.number)
	case r.isTaken() && r.put(int(f.handle)):
		f.handle = handle(r.number)
	}
	return f, nil
}

func (r *ReservedFD) close(f *File) error {
	if !r.isTaken() || f.reader != nil || int(f.handle) != r.number {
		return f.Close()
	}
	// The error of the file's last close must be seen.
	last, err := unix.FcntlInt(uintptr(r.number), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		r.number = -1
		return f.Close()
	}
	f.handle = handle(last)
	filler, err := openFiller()
	if err != nil || !r.put(filler) {
		r.Release()
	}
	return f.Close()
}

// put moves what is open as fd to the reserved number, in place of what is there, and
// reports whether it could.
func (r *ReservedFD) put(fd int) bool {
	if ignoringEINTR(func() error { return unix.Dup2(fd, r.number) }) != nil {
		return false
	}
	unix.CloseOnExec(r.number)
	unix.Close(fd)
	return true
}
