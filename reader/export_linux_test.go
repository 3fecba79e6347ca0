package reader

import (
	"reflect"
	"testing"

	"golang.org/x/sys/unix"
)

// WithoutOpenat2 has the test run as on a system that has no openat2(2), or
// forbids it.
func WithoutOpenat2(t *testing.T) {
	was := hasOpenat2
	hasOpenat2 = func() bool { return false }
	t.Cleanup(func() { hasOpenat2 = was })
}

// WithoutProc has the test run as on a system where /proc isn't mounted.
func WithoutProc(t *testing.T) {
	was := procDescriptors
	procDescriptors = "/nowhere/"
	t.Cleanup(func() { procDescriptors = was })
}

// Submit has the kernel take so many entries, as if it had no memory for more.
func (r *Ring) Submit(n int) error {
	ring := reflect.ValueOf(r.ring).Elem()
	*(*uint32)(ring.FieldByName("sqTail").UnsafePointer()) += uint32(n)
	if _, _, err := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(ring.FieldByName("fd").Int()), uintptr(n), 0, 0, 0, 0); err != 0 {
		return err
	}
	return nil
}
