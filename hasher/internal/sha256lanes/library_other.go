//go:build !(amd64 || arm64) || !gc || purego || noasm || appengine

package sha256lanes

import "crypto/sha256"

var newSIMD = sha256.New

// hasSIMD returns false: the library has assembly for amd64 and arm64 only.
func hasSIMD() bool { return false }
