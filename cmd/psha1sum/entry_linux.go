package main

import "github.com/psha1sum/psha1sum/internal/process"

// Set by preEntry (entry_linux_*.s), the program's entry point in builds with the tag
// early_entry and the linker flags of scripts/build. In other builds they stay zero, and
// the Go runtime hides that a standard stream was closed (it opens /dev/null instead) or
// a signal ignored.
var (
	closedStreams uint32 // bit N, for N = 0, 1, 2: descriptor N was closed
	leftSignals   uint32 // 1: the runtime leaves signals alone
)

// inherited returns the state in which the process started.
func inherited() process.Inherited {
	return process.Inherited{ClosedStreams: closedStreams, SignalsLeft: leftSignals != 0}
}
