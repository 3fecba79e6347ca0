//go:build !amd64 || purego

package blake2blanes

// No assembly on this platform.
var blocksAVX512x8, blocksAVX512x4, blocksAVX512x1,
	blocksAVX2x4, blocksAVX2x1 func(*uint64, **byte, int)
