package cache

import (
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/filestate"
)

// TestSettled: a version can be trusted only if its last change was long enough ago, by
// the kernel's clock.
func TestSettled(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	for _, test := range []struct {
		dated bool
		age   time.Duration
		want  bool
	}{
		{true, grain, true},
		{true, grain - 1, false},
		{true, 0, false},
		{true, -1, false}, // the clock was set back
		{true, -100 * 365 * 24 * time.Hour, false},
		{true, 50 * 365 * 24 * time.Hour, true},
		{true, time.Hour + 6, false}, // a whole second
		{true, time.Hour + 5, true},
		{true, time.Duration(now.UnixNano()), false}, // 1970, as in archives
		{false, time.Hour, false},
		{false, -time.Hour, false},
	} {
		v := filestate.State{FileSystem: filestate.FileSystem{TrustedTimes: test.dated}, Changed: now.Add(-test.age).UnixNano()}
		if got := settled(&v, now); got != test.want {
			t.Errorf("dated %v, %v old: %v, want %v", test.dated, test.age, got, test.want)
		}
	}
}
