//go:build unix

package filetest

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// NoDescriptorLeft fails the test if it ends with a descriptor open that wasn't open when
// it began.
func NoDescriptorLeft(t testing.TB) {
	t.Helper()
	before := Descriptors(t)
	t.Cleanup(func() {
		for fd, to := range Descriptors(t) {
			if _, was := before[fd]; !was {
				t.Errorf("descriptor %s was left open: %s", fd, to)
			}
		}
	})
}

// Descriptors returns the open descriptors of this process, except those of Go's runtime,
// and what each refers to, if the system tells.
func Descriptors(t testing.TB) map[string]string {
	t.Helper()
	const dir = "/dev/fd"
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Log("it can't be seen what is open:", err)
	}
	open := map[string]string{}
	for _, e := range entries {
		// The descriptor that ReadDir used is closed by now.
		to, err := os.Readlink(filepath.Join(dir, e.Name()))
		if err == nil && to != "anon_inode:[eventpoll]" && to != "anon_inode:[eventfd]" {
			open[e.Name()] = to
		}
	}
	return open
}

// StartPoller starts the poller of Go's runtime, so that it won't take descriptors during
// a test that counts them.
func StartPoller(t testing.TB) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	w.Close()
}

// LeaveDescriptors lowers the limit until the test ends, so that n more descriptors can
// be opened.
func LeaveDescriptors(t testing.TB, n int) {
	t.Helper()
	StartPoller(t)
	fds := takeDescriptors(t, n+1)
	limit := 0
	for _, fd := range fds { // the lowest free ones
		limit = max(limit, fd)
	}
	closeAll(fds)
	setLimit(t, limit)
}

// TakeDescriptors opens files until the test ends, so that n descriptors are left below
// the limit, which it sets.
func TakeDescriptors(t testing.TB, limit, n int) {
	t.Helper()
	StartPoller(t)
	setLimit(t, limit)
	fds := takeDescriptors(t, limit)
	if len(fds) < n {
		closeAll(fds)
		t.Skip("the tests were started with too many descriptors in use")
	}
	closeAll(fds[:n])
	t.Cleanup(func() { closeAll(fds[n:]) })
}

// takeDescriptors opens up to n files.
func takeDescriptors(t testing.TB, n int) (fds []int) {
	t.Helper()
	for range n {
		fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == unix.EMFILE {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		fds = append(fds, fd)
	}
	return fds
}

func closeAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}

// setLimit sets the limit of descriptors until the test ends.
func setLimit(t testing.TB, n int) {
	t.Helper()
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	few := before
	assign(&few.Cur, n)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &few); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { unix.Setrlimit(unix.RLIMIT_NOFILE, &before) })
}

// assign sets a variable whose type depends on the system.
func assign[T int64 | uint64](to *T, n int) { *to = T(n) }
