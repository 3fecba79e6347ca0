//go:build !amd64 || purego

package sha512lanes

// There is no assembly here.
var blocksAVX512x8, blocksAVX512x4, blocksAVX2x4 func(*uint64, **byte, int)
