//go:build !unix

package pipeline

import "time"

// Sleeper returns a sleep for a hasher.Pool, that of a run or one beside it.
func Sleeper() func(time.Duration) { return time.Sleep }

func sleeper() (sleep func(time.Duration), scarce bool) { return time.Sleep, false }

// DescriptorsToSpare reports whether a few files more may be opened beside those of
// a run.
func DescriptorsToSpare() bool { return true }
