//go:build !unix

package filetest

import "testing"

// NoDescriptorLeft does nothing: descriptors can't be listed here.
func NoDescriptorLeft(testing.TB) {}

// Descriptors returns none.
func Descriptors(testing.TB) map[string]string { return nil }
