//go:build !race

package sha1lanes

func raceRead([]byte) {}
