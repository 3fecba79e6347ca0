package pipeline

import (
	"slices"
	"sync"
)

// bufferStride is how far the buffers of an arena are apart. It is no multiple of a
// page, so that sixteen files that are hashed together don't meet in the same few places
// of the processor's caches.
const bufferStride = BufferSize + bufferSlack + 9*64

// arenas are the memory of batches: for each a buffer for every file, of which only what
// is written to takes up room.
type arenas struct {
	mu     sync.Mutex
	unused [][]byte
	left   [][]byte // by one of the two that had each
}

// get returns an arena, or nil if there is no memory.
func (a *arenas) get() []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := len(a.unused); n > 0 {
		arena := a.unused[n-1]
		a.unused = a.unused[:n-1]
		return arena
	}
	return getArena(batchFiles * bufferStride)
}

func (a *arenas) put(arena []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if arena != nil {
		a.unused = append(a.unused, arena)
	}
}

// leave is put of an arena that two have, for each of them.
func (a *arenas) leave(arena []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.left {
		if &a.left[i][0] == &arena[0] {
			a.left = slices.Delete(a.left, i, i+1)
			a.unused = append(a.unused, arena)
			return
		}
	}
	a.left = append(a.left, arena)
}

// free gives all of them back. Nobody may use one any more.
func (a *arenas) free() {
	for _, arena := range a.unused {
		putMemory(arena)
	}
}
