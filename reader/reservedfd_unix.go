//go:build unix

package reader

import "golang.org/x/sys/unix"

// A ReservedFD is the lowest number that was free for a descriptor when it was taken, but
// for those of the standard streams, and is kept for one file after the other: a program that opens one file at a time has
// it there, and a name such as /dev/fd/3 tells its number. Between two files, and
// before the first, a directory is there. nil keeps none for files that may have any.
type ReservedFD struct {
	number int // none if negative
}

// ReserveFD takes a number, or none if there are too few.
func ReserveFD() *ReservedFD {
	s := &ReservedFD{number: -1}
	if fd, err := openFiller(); err == nil {
		s.number = aboveStreams(fd)
	}
	return s
}

// aboveStreams moves a descriptor that has the number of a standard stream, as GNU's
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

// IsLost reports whether the number had to be given up.
func (s *ReservedFD) IsLost() bool { return s != nil && s.number < 0 }

func (s *ReservedFD) isTaken() bool { return s != nil && s.number >= 0 }

// Release gives the number up, with nothing in its place. It is to be called when no
// file is there.
func (s *ReservedFD) Release() {
	if s.isTaken() {
		unix.Close(s.number)
		s.number = -1
	}
}

// Open opens a file, as the function of that name does, and puts it there. If there
// are too few descriptors for both, the file takes the place of the number.
//
// A Sequential file may be named by the very number. It, and one that is opened when
// the number IsLost, has the lowest number that is free then, which is kept from then
// on: nothing else that is free later should be open.
func (s *ReservedFD) Open(name string, info Info) (File, error) {
	if info.Kind == Sequential {
		s.Release()
	}
	lost := s.IsLost()
	f, err := Open(name, info)
	if err != nil && OutOfDescriptors(err) && s.isTaken() {
		s.Release()
		f, err = Open(name, info)
	}
	switch {
	case err != nil:
		return f, err
	case lost:
		s.number = aboveStreams(int(f.handle))
		f.handle = handle(s.number)
	case s.isTaken() && s.put(int(f.handle)):
		f.handle = handle(s.number)
	}
	return f, nil
}

// Close closes a file, and keeps its number if there are descriptors enough.
func (s *ReservedFD) Close(f *File) error {
	if !s.isTaken() || f.reader != nil || int(f.handle) != s.number {
		return f.Close()
	}
	// What the last close of the file says is to be known.
	last, err := unix.FcntlInt(uintptr(s.number), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		s.number = -1
		return f.Close()
	}
	f.handle = handle(last)
	filler, err := openFiller()
	if err != nil || !s.put(filler) {
		s.Release()
	}
	return f.Close()
}

// put moves what is open as fd to the number, in place of what is there, and reports
// whether it could.
func (s *ReservedFD) put(fd int) bool {
	if ignoringEINTR(func() error { return unix.Dup2(fd, s.number) }) != nil {
		return false
	}
	unix.CloseOnExec(s.number)
	unix.Close(fd)
	return true
}
