package main

import "testing"

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
