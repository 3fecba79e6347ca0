package threads

import (
	"bytes"
	"errors"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// all is a list of limits, of which the lowest applies.
type all []limits

func (a all) room(most int) int {
	for _, l := range a {
		most = min(most, l.room(most))
	}
	return most
}

// findLimits returns the limits of the control groups and of the user. The error is a
// lack of descriptors to read them.
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

// countThreads returns the number of threads of this process, including those of its
// rings.
func countThreads() int {
	var st unix.Stat_t
	if unix.Stat("/proc/self/task", &st) == nil && st.Nlink > 2 {
		return int(st.Nlink) - 2 // each is a directory
	}
	n, _ := runtime.ThreadCreateProfile(nil)
	return n
}

// read returns the beginning of a small file, nothing if the file is not accessible.
// The error is a lack of descriptors.
func read(path string, buf []byte) ([]byte, error) {
	fd, err := open(path)
	if err != nil || fd < 0 {
		return nil, err
	}
	defer unix.Close(fd)
	n, _ := retry(func() (int, error) { return unix.Read(fd, buf) })
	return buf[:max(n, 0)], nil
}

// readAll returns the contents of a file.
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

// open returns a descriptor, or -1 if the file is not accessible.
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

// number parses a decimal number.
func number(text []byte) (n int, ok bool) {
	n, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	return n, err == nil
}
