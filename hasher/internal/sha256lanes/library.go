//go:build (amd64 || arm64) && gc && !purego && !noasm && !appengine

package sha256lanes

import (
	"crypto/sha256"
	"reflect"

	sha256simd "github.com/minio/sha256-simd"
)

// newSIMD is the library's New, which returns crypto/sha256's hash if the CPU has no
// SHA instructions.
var newSIMD = sha256simd.New

// hasSIMD reports whether the library has its own implementation for this CPU.
func hasSIMD() bool { return reflect.TypeOf(newSIMD()) != reflect.TypeOf(sha256.New()) }
