//go:build race

package clitest

// RaceEnabled reports whether the tests, and the binary that they build, use the race
// detector.
const RaceEnabled = true
