package pipeline

import "testing"

// TestRecentSizes: after a large file, files are expected to be large until some small
// ones have followed.
func TestRecentSizes(t *testing.T) {
	var l recentSizes
	for i, test := range []struct{ saw, expects bool }{ // small
		{true, true}, {true, true}, {false, false}, {false, false},
		{true, false}, {true, false}, {true, false}, {true, true}, {true, true},
		{false, false}, {true, false}, {false, false}, {true, false}, {true, false}, {true, false}, {true, true},
	} {
		l.saw(test.saw)
		if l.small() != test.expects {
			t.Errorf("step %d: small is %v", i, l.small())
		}
	}
}
