//go:build unix && !linux

package reader

// hasLastingNumbers believes every file system: nothing is known of any here.
func hasLastingNumbers(int) bool { return true }

// pathOf would return where an open directory is.
func pathOf(int) string { return "" }
