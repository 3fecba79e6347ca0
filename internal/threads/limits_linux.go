package threads

import (
	"bytes"
	"errors"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// all are the limits that there are.
type all []limits

func (a all) room(most int) int {
	for _, l := range a {
		most = min(most, l.room(most))
	}
	return most
}

// findLimits finds those of the control groups and of the user. The error is want of a
// descriptor to read them.
func findLimits() (limits, error) {
	found, err := groupLimits("/proc/self", "/sys/fs/cgroup")
	if err != nil {
		return nil, err
	}
	if user, ok := newUserLimit(); ok {
		found = append(found, user)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return found, nil
}

// countThreads counts the threads of this process, those of its rings included.
func countThreads() int {
	var st unix.Stat_t
	if unix.Stat("/proc/self/task", &st) == nil && st.Nlink > 2 {
		return int(st.Nlink) - 2 // each is a directory
	}
	n, _ := runtime.ThreadCreateProfile(nil)
	return n
}

// read returns the beginning of a small file. The error is want of a descriptor:
// any other means that there is no such file for us.
func read(path string, buf []byte) ([]byte, error) {
	fd, err := open(path)
	if err != nil || fd < 0 {
		return nil, err
	}
	defer unix.Close(fd)
	n, _ := retry(func() (int, error) { return unix.Read(fd, buf) })
	return buf[:max(n, 0)], nil
}

// readAll returns all of a file.
func readAll(path string) (text []byte, err error) {
	fd, err := open(path)
	if err != nil || fd < 0 {
		return nil, err
	}
	defer unix.Close(fd)
	buf := make([]byte, 4096)
	for {
		n, err := retry(func() (int, error) { return unix.Read(fd, buf) })
		if err != nil || n <= 0 {
			return text, nil
		}
		text = append(text, buf[:n]...)
	}
}

// open returns a descriptor, or -1 if there is no such file for us.
func open(path string) (int, error) {
	fd, err := retry(func() (int, error) { return unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	switch {
	case err == nil:
		return fd, nil
	case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE), errors.Is(err, unix.ENOMEM):
		return -1, err
	}
	return -1, nil
}

func retry(call func() (int, error)) (n int, err error) {
	for {
		if n, err = call(); err != unix.EINTR {
			return n, err
		}
	}
}

// number returns what a file says in decimal.
func number(text []byte) (n int, ok bool) {
	n, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	return n, err == nil
}
