//go:build !amd64 || purego

package md5lanes

// There is no assembly here.
var blocksAVX512x16, blocksAVX512x8, blocksAVX2x8 func(*uint32, **byte, int)
