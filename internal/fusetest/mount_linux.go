package fusetest

import "os"

// TB is what Mount needs of a testing.TB. A program that is no test needn't link
// package testing for it.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Mount is Start for a test, which it skips with a word where it can't be done. With
// PSHA1SUM_NO_SKIP=1 the test fails instead. The files are unmounted when it ends.
func Mount(t TB, dir string, files map[string]*File) *Server {
	t.Helper()
	return Options{}.Mount(t, dir, files)
}

// Mount is Start for a test, as the function of that name is.
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
