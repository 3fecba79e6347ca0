//go:build unix

package atomicfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock marks a file as in use while it is open.
func lock(f *os.File) {
	for unix.Flock(int(f.Fd()), unix.LOCK_EX) == unix.EINTR {
	}
}

// lockNamed locks a new file and reports whether it still has its name.
func lockNamed(f *os.File, name string) bool {
	lock(f)
	return isFile(f, name)
}

func isFile(f *os.File, name string) bool {
	var st, named unix.Stat_t
	return unix.Fstat(int(f.Fd()), &st) == nil && unix.Lstat(name, &named) == nil && st.Dev == named.Dev && st.Ino == named.Ino
}

// removeAbandoned removes a temporary file that is not in use: a regular file of this
// user, with no other name and no lock. Where files can't be locked, none is removed.
func removeAbandoned(name string) {
	f, err := openFile(name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer f.Close()
	var st unix.Stat_t
	if unix.Fstat(int(f.Fd()), &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG || st.Nlink != 1 {
		return
	}
	user := uint32(unix.Geteuid())
	if st.Uid != user && user != 0 { // root may have changed the owner: see resemble
		return
	}
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil && isFile(f, name) {
		unix.Unlink(name)
	}
}
