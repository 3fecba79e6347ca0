package reader

import "testing"

// WithoutOpenat2 has the test run as on a system that has no openat2(2), or
// forbids it.
func WithoutOpenat2(t *testing.T) {
	was := hasOpenat2
	hasOpenat2 = func() bool { return false }
	t.Cleanup(func() { hasOpenat2 = was })
}

// WithoutProc has the test run as on a system where /proc isn't mounted.
func WithoutProc(t *testing.T) {
	was := procDescriptors
	procDescriptors = "/nowhere/"
	t.Cleanup(func() { procDescriptors = was })
}
