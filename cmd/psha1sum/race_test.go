//go:build race

package main_test

// raceEnabled tells that the tests run under the race detector, and so does
// the binary that they build.
const raceEnabled = true
