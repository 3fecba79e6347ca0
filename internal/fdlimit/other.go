//go:build !unix

package fdlimit

import "time"

// Plenty is no limit in practice: these systems have none that users encounter.
const Plenty = 1 << 20

func timersMayStart() bool { return true }

// Room always succeeds.
func Room(int) error { return nil }

// Exhausted is always false.
func Exhausted(error) bool { return false }

// startTimers does nothing: descriptors have no names on these systems.
func startTimers() {}

func pollFor(d time.Duration) { time.Sleep(d) }
