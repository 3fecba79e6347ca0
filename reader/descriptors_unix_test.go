//go:build unix

package reader_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// noDescriptorLeft fails the test if it ends with a descriptor open that wasn't
// open when it began.
func noDescriptorLeft(t testing.TB) {
	t.Helper()
	before := descriptors(t)
	t.Cleanup(func() {
		for fd, to := range descriptors(t) {
			if _, was := before[fd]; !was {
				t.Errorf("descriptor %s was left open: %s", fd, to)
			}
		}
	})
}

// descriptors returns what this process has open, and what each of them is where
// the system tells.
func descriptors(t testing.TB) map[string]string {
	t.Helper()
	const dir = "/dev/fd"
	// Descriptors of the runtime's own appear with the first file that can be
	// polled. Have them appear now.
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Skip(err)
	}
	open := map[string]string{}
	for _, e := range entries {
		// The one that ReadDir used is gone by now.
		if to, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil {
			open[e.Name()] = to
		}
	}
	return open
}

// TestCloseOnExec: no program that is started meanwhile inherits a file.
func TestCloseOnExec(t *testing.T) {
	noDescriptorLeft(t)
	name := write(t, nil)
	before := descriptors(t)
	f := open(t, name, infoPlain)
	defer closeFile(t, f)
	now := descriptors(t)
	maps.DeleteFunc(now, func(fd, _ string) bool { _, was := before[fd]; return was })
	if len(now) != 1 {
		t.Skipf("can't tell which descriptor it is: %v", now)
	}
	fd := slices.Collect(maps.Keys(now))[0]
	flags, err := unix.FcntlInt(number(t, fd), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("flags of descriptor %s: %#x, %v, want FD_CLOEXEC", fd, flags, err)
	}
}
