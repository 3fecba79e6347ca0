//go:build !linux

package fsinfo

// Of knows no file system: sizes and times of none are believed, and the numbers of
// all.
func Of(int) (Info, error) { return Info{LastingNumbers: true}, nil }
