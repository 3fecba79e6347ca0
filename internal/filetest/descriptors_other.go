//go:build !unix

package filetest

import "testing"

// NoDescriptorLeft does nothing: descriptors can't be listed on this system.
func NoDescriptorLeft(testing.TB) {}

// Descriptors returns nil.
func Descriptors(testing.TB) map[string]string { return nil }
