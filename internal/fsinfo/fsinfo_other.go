//go:build !linux

package fsinfo

// Of knows no file systems. Sizes and timestamps are not trusted; inode numbers are.
func Of(int) (Info, error) { return Info{LastingNumbers: true}, nil }
