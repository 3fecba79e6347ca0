//go:build !linux

package filestate

import "github.com/psha1sum/psha1sum/reader"

// inImage is true, because it isn't known of any device.
func inImage(uint64) bool { return true }

func hasNoWriters(*reader.File) bool { return false }
