//go:build unix && !race

package pipeline

import "golang.org/x/sys/unix"

// mapMemory returns n bytes of memory, or nil if the system has none. Only pages that
// are written to are resident. The memory is outside the garbage collector's heap: a
// run with a few megabytes of buffers would make it collect several times in vain,
// which took a twentieth of the time of 30,000 tiny files.
func mapMemory(n int) []byte {
	m, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	return m
}

// unmapMemory unmaps memory of mapMemory or mapArena. It must not be in use.
func unmapMemory(m []byte) {
	if m != nil {
		_ = unix.Munmap(m)
	}
}

// mapArena is the same as mapMemory on this platform.
func mapArena(n int) []byte { return mapMemory(n) }
