package filestate

import (
	"os"
	"syscall"

	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

func hasNoWriters(f *reader.File) bool { return canBeLeased(f) && !isSwap(f) }

// canBeLeased takes a read lease, which is refused as long as there is anybody who may
// write, and gives it back at once: who wants to write has to wait until then.
//
// The kernel says so to us by a signal. By default that is SIGIO, which ends a
// process; SIGURG does nothing to any.
func canBeLeased(f *reader.File) bool {
	fd := f.Fd()
	if fcntl(fd, unix.F_SETSIG, int(unix.SIGURG)) != 0 || fcntl(fd, unix.F_SETLEASE, unix.F_RDLCK) != 0 {
		return false
	}
	return fcntl(fd, unix.F_SETLEASE, unix.F_UNLCK) == 0
}

// fcntl is a call that is over at once. Between two of them the scheduler has no
// occasion to keep us waiting, and with us who wants to write.
func fcntl(fd, cmd, arg int) syscall.Errno {
	_, _, errno := syscall.RawSyscall(unix.SYS_FCNTL, uintptr(fd), uintptr(cmd), uintptr(arg))
	return errno
}

// isSwap reports whether a file has the signature of a swap area, or of one that holds
// a system which sleeps, at the end of its first page: see mkswap(8).
func isSwap(f *reader.File) bool {
	page := int64(os.Getpagesize())
	if f.Size() < 2*page {
		return false
	}
	var signature [10]byte
	_, err := unix.Pread(f.Fd(), signature[:], page-int64(len(signature)))
	for err == unix.EINTR {
		_, err = unix.Pread(f.Fd(), signature[:], page-int64(len(signature)))
	}
	switch string(signature[:]) {
	case "SWAPSPACE2", "SWAP-SPACE", "S1SUSPEND\x00":
		return true
	}
	return err != nil
}
