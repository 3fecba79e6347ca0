package pipeline

import (
	"slices"
	"sync"
)

const (
	// wholeFile is the room of a buffer that holds a file of a batch.
	wholeFile = BufferSize + bufferSlack
	// listedRoom is that of one in which a ring reads a file of which a directory
	// doesn't tell the size.
	listedRoom = 32 << 10

	// An arena has room for what a ring reads in one go, and behind that for what
	// read(2) does before it is hashed: the last file may be as long as it can be. Each
	// buffer begins where the one before ends, so those that are hashed together don't
	// meet in the same few places of the processor's caches.
	ringSpace  = batchFiles * (listedRoom + alignment)
	arenaSpace = ringSpace + batchBytes + batchFiles*alignment + wholeFile

	alignment = 64 // bytes, of a line of the processor's caches
)

// aligned returns n or a little more.
func aligned(n int) int { return (n + alignment) &^ (alignment - 1) }

// An arenaPool is the memory of batches, of which only what is written to takes up room.
type arenaPool struct {
	mu     sync.Mutex
	unused [][]byte
	left   [][]byte // by one of the two that had each
}

// get returns an arena, or nil if there is no memory.
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

// putShared is put of an arena that two have, for each of them.
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

// free gives all of them back. Nobody may use one any more.
func (a *arenaPool) free() {
	for _, arena := range a.unused {
		unmapMemory(arena)
	}
}
