//go:build race

package lanes

import (
	"runtime"
	"unsafe"
)

// RaceRead tells the race detector, which doesn't see what assembly does, that
// p is read. States need no word: Go code copies them.
func RaceRead(p []byte) {
	if len(p) > 0 {
		runtime.RaceReadRange(unsafe.Pointer(unsafe.SliceData(p)), len(p))
	}
}
