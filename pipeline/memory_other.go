//go:build !unix || race

package pipeline

// mapMemory has none to offer: buffers are made by Go, which the race detector
// watches.
func mapMemory(int) []byte { return nil }

func unmapMemory([]byte) {}

// mapArena returns memory of n bytes, of which only what is written to takes up room.
func mapArena(n int) []byte { return make([]byte, n) }
