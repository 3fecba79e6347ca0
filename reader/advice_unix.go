//go:build unix && !linux

package reader

// dropCache can't be done everywhere.
func (h handle) dropCache(int64) {}
