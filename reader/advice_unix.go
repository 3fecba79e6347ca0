//go:build unix && !linux

package reader

// These systems are left to guess how a file is read.

func (h handle) adviseSequential() {}

func (h handle) dropCache(int64) {}
