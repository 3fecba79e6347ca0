//go:build !(amd64 || arm64) || !gc || purego || noasm || appengine

package sha256lanes

import "crypto/sha256"

var newSIMD = sha256.New

// hasSIMD: the library has code of its own for two kinds of CPU, in assembly.
func hasSIMD() bool { return false }
