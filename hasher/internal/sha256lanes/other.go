//go:build !amd64 || purego

package sha256lanes

// No assembly on this platform.
var blocksAVX512x16, blocksAVX512x8, blocksAVX2x8, blocksSHANIx1, blocksSHANIx2 func(*uint32, **byte, int)
