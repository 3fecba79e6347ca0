//go:build unix

package reader_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"golang.org/x/sys/unix"
)

// TestCloseOnExec: no program that is started meanwhile inherits a file.
func TestCloseOnExec(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	name := filetest.Write(t, nil)
	before := filetest.Descriptors(t)
	f := open(t, name, infoPlain)
	defer closeFile(t, f)
	now := filetest.Descriptors(t)
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
