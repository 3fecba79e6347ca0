//go:build !linux

package filestate

import "github.com/psha1sum/psha1sum/reader"

// inImage is always true, because nothing is known about devices.
func inImage(uint64) bool { return true }

func hasNoWriters(*reader.File) bool { return false }
