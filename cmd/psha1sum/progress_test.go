package main

import (
	"os"
	"testing"
	"time"
)

// TestProgressStopHeld has the end of a run not wait for who writes to the terminal:
// it may have been stopped in the middle of a line.
func TestProgressStopHeld(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() // which is never writable
	defer w.Close()
	l := &progress{
		diag: &diagnostics{file: r, out: &output{}}, scout: &scout{}, shown: "line",
		clock: startClock(time.Sleep), sleep: time.Sleep,
	}
	l.mu.Lock()
	l.stop()
	l.took = concludeFrom
	l.conclude()
	if l.shown != "line" || !l.ended.Load() {
		t.Errorf("%q is shown, ended: %v", l.shown, l.ended.Load())
	}
}

// TestFailureCount counts each line that lists a file, but what is forgiven.
func TestFailureCount(t *testing.T) {
	var c failureCount
	for _, f := range []finding{
		{verdict: computed}, {verdict: verified}, {verdict: added}, {verdict: moved}, {verdict: missing, forgiven: true},
	} {
		c.found(&f)
	}
	if n := c.n.Load(); n != 0 {
		t.Errorf("%d, want 0", n)
	}
	for i, v := range []verdict{mismatched, missing, unreadable, mismatched} {
		if c.found(&finding{verdict: v}); c.n.Load() != int64(i+1) {
			t.Errorf("%v: %d, want %d", v, c.n.Load(), i+1)
		}
	}
}
