package filetest

import (
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// ExchangeAlways exchanges two files repeatedly until the test ends.
func ExchangeAlways(t testing.TB, x, y string) {
	t.Helper()
	if err := Exchange(x, y); err != nil {
		t.Skip("renameat2: ", err)
	}
	var stop atomic.Bool
	done := make(chan error)
	go func() {
		var err error
		for !stop.Load() && err == nil {
			err = Exchange(x, y)
		}
		done <- err
	}()
	t.Cleanup(func() {
		stop.Store(true)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// Exchange exchanges two files atomically.
func Exchange(x, y string) error {
	return unix.Renameat2(unix.AT_FDCWD, x, unix.AT_FDCWD, y, unix.RENAME_EXCHANGE)
}

// Bind mounts a file or directory at another place until the test ends. It requires root.
func Bind(t testing.TB, what, where string) {
	t.Helper()
	if err := unix.Mount(what, where, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Unmount(where, unix.MNT_DETACH) })
}
