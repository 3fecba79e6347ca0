//go:build !unix

package pipeline

import "time"

// Sleeper returns a sleep for a hasher.Pool, that of a run or one beside it.
func Sleeper() (sleep func(time.Duration), scarce bool) { return time.Sleep, false }
