//go:build !amd64 || purego

package md5lanes

// No assembly on this platform.
var blocksAVX512x16, blocksAVX512x8, blocksAVX2x8 func(*uint32, **byte, int)
