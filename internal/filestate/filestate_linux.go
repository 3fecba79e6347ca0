package filestate

import (
	"os"
	"syscall"

	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

func hasNoWriters(f *reader.File) bool { return canBeLeased(f) && !isSwap(f) }

// canBeLeased takes a read lease, which is refused while the file is open for writing,
// and releases it at once because an open for writing waits for that.
//
// The kernel announces such an open by a signal. The default, SIGIO, would end the
// process; SIGURG does nothing.
func canBeLeased(f *reader.File) bool {
	fd := f.Fd()
	if fcntl(fd, unix.F_SETSIG, int(unix.SIGURG)) != 0 || fcntl(fd, unix.F_SETLEASE, unix.F_RDLCK) != 0 {
		return false
	}
	return fcntl(fd, unix.F_SETLEASE, unix.F_UNLCK) == 0
}

// fcntl is a system call that never blocks. It bypasses the Go scheduler, which therefore
// can't delay this goroutine, and a process waiting to write, between two calls.
func fcntl(fd, cmd, arg int) syscall.Errno {
	_, _, errno := syscall.RawSyscall(unix.SYS_FCNTL, uintptr(fd), uintptr(cmd), uintptr(arg))
	return errno
}

// isSwap reports whether the first page of a file ends with the signature of a swap area
// or of a hibernated system: see mkswap(8).
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
