//go:build !race

package sha1lanes

const raceEnabled = false
