package main

import (
	"os"
	"testing"
)

// TestProgressStopHeld has the end of a run not wait for who writes to the terminal:
// it may have been stopped in the middle of a line.
func TestProgressStopHeld(t *testing.T) {
	l := &progress{diag: &diagnostics{file: os.Stderr}, scout: &scout{}, shown: "line"}
	l.mu.Lock()
	l.stop()
	l.took = concludeFrom
	l.diag.out = &output{}
	l.conclude()
	if l.shown != "line" || !l.ended.Load() {
		t.Errorf("%q is shown, ended: %v", l.shown, l.ended.Load())
	}
}
