package pipeline_test

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"testing"
	"time"
)

// guard fails the test if it ends with a goroutine or a descriptor that wasn't
// there when it began, and the process if it doesn't end.
func guard(t testing.TB) {
	t.Helper()
	descriptors, goroutines := openDescriptors(), runtime.NumGoroutine()
	stuck := time.AfterFunc(5*time.Minute, func() {
		pprof.Lookup("goroutine").WriteTo(os.Stderr, 2)
		panic(t.Name() + " is stuck")
	})
	t.Cleanup(func() {
		stuck.Stop()
		if t.Skipped() {
			return
		}
		settled(t, goroutines)
		for fd, to := range openDescriptors() {
			if _, was := descriptors[fd]; !was {
				t.Errorf("descriptor %s was left open: %s", fd, to)
			}
		}
	})
}

// settled waits until no more goroutines are left than there were. Run waits for
// its own; the test's and a context's need a moment.
func settled(t testing.TB, goroutines int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > goroutines; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), goroutines)
			pprof.Lookup("goroutine").WriteTo(os.Stderr, 1)
			return
		}
	}
}

// openDescriptors returns what this process has open, and what each of them is,
// where the system tells.
func openDescriptors() map[string]string {
	const dir = "/dev/fd"
	entries, _ := os.ReadDir(dir)
	open := map[string]string{}
	for _, e := range entries {
		// The one that ReadDir used is gone by now, the poller's are the runtime's.
		to, err := os.Readlink(filepath.Join(dir, e.Name()))
		if err == nil && to != "anon_inode:[eventpoll]" && to != "anon_inode:[eventfd]" {
			open[e.Name()] = to
		}
	}
	return open
}
