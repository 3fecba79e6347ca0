//go:build !unix

package fdlimit

import "time"

// Plenty is no limit here: these systems have none that a user meets.
const Plenty = 1 << 20

func timersMayStart() bool { return true }

// Room finds any number.
func Room(int) error { return nil }

// Exhausted has no error to know.
func Exhausted(error) bool { return false }

// startTimers has nothing to see to: nobody names a descriptor.
func startTimers() {}

func pollFor(d time.Duration) { time.Sleep(d) }
