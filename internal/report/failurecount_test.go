package report

import "testing"

// TestFailureCount checks that each line that lists a file counts, unless it is ignored.
func TestFailureCount(t *testing.T) {
	var c FailureCount
	for _, f := range []Finding{
		{Verdict: Computed}, {Verdict: Verified}, {Verdict: New}, {Verdict: Moved}, {Verdict: Missing, Ignored: true},
	} {
		c.Found(&f)
	}
	if n := c.N.Load(); n != 0 {
		t.Errorf("%d, want 0", n)
	}
	for i, v := range []Verdict{Mismatch, Missing, Unreadable, Mismatch} {
		if c.Found(&Finding{Verdict: v}); c.N.Load() != int64(i+1) {
			t.Errorf("%v: %d, want %d", v, c.N.Load(), i+1)
		}
	}
}
