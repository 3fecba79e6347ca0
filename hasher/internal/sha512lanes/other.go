//go:build !amd64 || purego

package sha512lanes

// No assembly on this platform.
var blocksAVX512x8, blocksAVX512x4, blocksAVX2x4 func(*uint64, **byte, int)
