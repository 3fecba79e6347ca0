//go:build !linux

package fsinfo

// Of knows no file systems. Sizes and times are not trusted, inodes are.
func Of(int) (Info, error) { return Info{LastingNumbers: true}, nil }
