//go:build !race

package lanestest

import "testing"

const raceEnabled = false

// RaceSeen requires the race detector.
func (s Suite[W]) RaceSeen(*testing.T) {}
