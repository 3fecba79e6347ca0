package main

import "github.com/psha1sum/psha1sum/internal/process"

// What preEntry (entry_linux_*.s) has to say, which is the program's entry point if
// the build was told so (tag early_entry and flags for the linker, see scripts/build).
// In any other build they stay zero, and the runtime hides that a standard stream was
// closed (it opens /dev/null in its place) or a signal ignored.
var (
	closedStreams uint32 // bit N: descriptor N was closed, N = 0, 1, 2
	leftSignals   uint32 // 1: the runtime leaves signals alone
)

// inherited is what the process was when it began.
func inherited() process.Inherited {
	return process.Inherited{ClosedStreams: closedStreams, SignalsLeft: leftSignals != 0}
}
