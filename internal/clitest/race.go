//go:build race

package clitest

// RaceEnabled tells that the tests run under the race detector, and so does
// the binary that they build.
const RaceEnabled = true
