package pipeline_test

import (
	"os"
	"runtime"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// guard fails the test if it ends with a goroutine or descriptor that didn't exist when
// it began. It ends the process if the test doesn't end.
func guard(t testing.TB) {
	t.Helper()
	descriptors, goroutines := filetest.Descriptors(t), runtime.NumGoroutine()
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
		for fd, to := range filetest.Descriptors(t) {
			if _, was := descriptors[fd]; !was {
				t.Errorf("descriptor %s was left open: %s", fd, to)
			}
		}
	})
}

// settled waits until no more goroutines are left than there were before. Run waits for
// its own; those of the test and of contexts need a moment.
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

// repetitions is how often a test repeats what is random, or how large its input is:
// short by default, full with -large.
func repetitions(short, usual, full int) int {
	if testing.Short() {
		return large.Or(short, full)
	}
	return large.Or(usual, full)
}
