//go:build !unix

package pipeline

import "time"

// Sleeper returns a sleep for a hasher.Pool, that of a run or one beside it.
func Sleeper() func(time.Duration) { return time.Sleep }

// Scarce reports whether descriptors are so few that Go's timers must not start.
func Scarce() bool { return false }
