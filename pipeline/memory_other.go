//go:build !unix || race

package pipeline

// mapMemory returns nil: buffers are allocated by Go, so that the race detector sees
// them.
func mapMemory(int) []byte { return nil }

func unmapMemory([]byte) {}

// mapArena returns n bytes of memory. Only pages that are written to are resident.
func mapArena(n int) []byte { return make([]byte, n) }
