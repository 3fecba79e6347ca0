package pipeline

import (
	"slices"
	"sync"
)

const (
	// wholeFile is the capacity in bytes of a buffer for a file of a batch.
	wholeFile = BufferSize + bufferSlack
	// listedRoom is the capacity in bytes of a ring's buffer for a file of unknown size,
	// which is known only from its directory entry.
	listedRoom = 32 << 10

	// An arena has space for what a ring reads in one round, followed by what read(2)
	// reads before it is hashed; the last of those files may have any size up to
	// wholeFile. Buffers are packed, so that those hashed together don't map to the same
	// cache sets.
	ringSpace  = batchFiles * (listedRoom + alignment)
	arenaSpace = ringSpace + batchBytes + batchFiles*alignment + wholeFile

	alignment = 64 // bytes in a cache line
)

// aligned returns the smallest multiple of alignment that is greater than n.
func aligned(n int) int { return (n + alignment) &^ (alignment - 1) }

// An arenaPool holds the memory of batches. Only pages that are written to are
// resident.
type arenaPool struct {
	mu     sync.Mutex
	unused [][]byte
	left   [][]byte // shared arenas that one of their two users has returned
}

// get returns an arena, or nil if no memory is available.
func (a *arenaPool) get() []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := len(a.unused); n > 0 {
		arena := a.unused[n-1]
		a.unused = a.unused[:n-1]
		return arena
	}
	return mapArena(arenaSpace)
}

func (a *arenaPool) put(arena []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if arena != nil {
		a.unused = append(a.unused, arena)
	}
}

// putShared returns an arena that two goroutines use. Each calls it once; after the
// second call the arena is unused.
func (a *arenaPool) putShared(arena []byte) {
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

// free unmaps all arenas. None may be in use.
func (a *arenaPool) free() {
	for _, arena := range a.unused {
		unmapMemory(arena)
	}
}
