package cache

import (
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/reader"
)

// TestSettled: a version is good for something only if its last change was long
// enough ago, by the clock of its file system.
func TestSettled(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	for _, test := range []struct {
		stamps reader.Stamps
		age    time.Duration
		want   bool
	}{
		{reader.Local, grain, true},
		{reader.Local, grain - 1, false},
		{reader.Local, 0, false},
		{reader.Local, -1, false}, // the clock was set back
		{reader.Local, -100 * 365 * 24 * time.Hour, false},
		{reader.Local, 50 * 365 * 24 * time.Hour, true},
		{reader.Remote, grain, false},
		{reader.Remote, remoteGrain - 1, false},
		{reader.Remote, remoteGrain, true},
		{reader.Remote, -time.Hour, false},
		{reader.Unreliable, time.Hour, false},
		{reader.Unreliable, -time.Hour, false},
		{reader.Remote + 1, time.Hour, false},
	} {
		v := reader.Version{FileSystem: reader.FileSystem{Stamps: test.stamps}, Changed: now.Add(-test.age).UnixNano()}
		if got := settled(&v, now); got != test.want {
			t.Errorf("stamps %d, %v old: %v, want %v", test.stamps, test.age, got, test.want)
		}
	}
}
