//go:build unix && !race

package pipeline

import (
	"sync"

	"golang.org/x/sys/unix"
)

// mapped is memory that no run uses at present.
var mapped struct {
	mu   sync.Mutex
	free [][]byte
}

// getMemory returns memory of at least n bytes, of which only what is written to
// takes up room. It isn't the garbage collector's: a run of a few
// megabytes of buffers would make it collect several times for nothing, which
// took a twentieth of the time of 30,000 tiny files. It returns nil if the
// system has none.
func getMemory(n int) []byte {
	mapped.mu.Lock()
	defer mapped.mu.Unlock()
	for i, m := range mapped.free {
		if len(m) >= n {
			mapped.free = append(mapped.free[:i], mapped.free[i+1:]...)
			return m
		}
	}
	m, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	return m
}

// putMemory takes memory back, and lets the system have what it takes up. The
// addresses stay valid for the next run, so that an io.Reader which kept a
// slice, as it must not, does no more harm than with memory of Go's.
func putMemory(m []byte) {
	if m == nil {
		return
	}
	_ = unix.Madvise(m, unix.MADV_DONTNEED) // or keep it, if memory is locked
	mapped.mu.Lock()
	mapped.free = append(mapped.free, m)
	mapped.mu.Unlock()
}

// getArena is getMemory, here.
func getArena(n int) []byte { return getMemory(n) }
