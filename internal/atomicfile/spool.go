package atomicfile

import (
	"cmp"
	"os"
	"strings"
)

// OpenSpool makes a file, beside the target if it can be, for what has to wait. It has
// no name, so that nothing is left of it, however the process ends.
func (t *File) OpenSpool() (*os.File, error) {
	dir := cmp.Or(t.dir, ".")
	if t.Path == "" {
		dir = os.TempDir()
	}
	if f := openNameless(dir, 0o600); f != nil {
		return f, nil
	}
	f, err := os.CreateTemp(dir, ".psha1sum.*.tmp")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name()) // where open files have to have names, closeSpool does it
	return f, nil
}

// CloseSpool ends the waiting.
func CloseSpool(f *os.File) {
	name := f.Name()
	f.Close()
	if strings.HasSuffix(name, ".tmp") {
		os.Remove(name)
	}
}
