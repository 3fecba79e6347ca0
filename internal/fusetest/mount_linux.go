package fusetest

import "os"

// TB is the part of testing.TB that Mount uses, so that programs other than tests need
// not link package testing.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Mount is Start for a test. If mounting is not possible it skips the test with the
// reason, or fails it with PSHA1SUM_NO_SKIP=1. The files are unmounted when the test
// ends.
func Mount(t TB, dir string, files map[string]*File) *Server {
	t.Helper()
	return Options{}.Mount(t, dir, files)
}

// Mount is Start for a test, like the function of that name.
func (o Options) Mount(t TB, dir string, files map[string]*File) *Server {
	t.Helper()
	s, err := o.Start(dir, files)
	if err != nil {
		if os.Getenv("PSHA1SUM_NO_SKIP") == "1" {
			t.Fatalf("no FUSE here: %v", err)
		}
		t.Skipf("no FUSE here: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("the FUSE server: %v", err)
		}
	})
	return s
}
