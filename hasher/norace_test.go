//go:build !race

package hasher_test

const raceEnabled = false
