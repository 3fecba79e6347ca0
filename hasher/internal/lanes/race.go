//go:build race

package lanes

import (
	"runtime"
	"unsafe"
)

// RaceRead tells the race detector that p is read, which it can't see in assembly.
// States need no such call, because Go code copies them.
func RaceRead(p []byte) {
	if len(p) > 0 {
		runtime.RaceReadRange(unsafe.Pointer(unsafe.SliceData(p)), len(p))
	}
}
