package atomicfile

import (
	"cmp"
	"os"
	"strings"
)

// OpenSpool creates a file for data that has to be kept until later, beside the target
// if possible. It has no name, so that nothing is left when the process ends.
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
	os.Remove(f.Name()) // on systems where this fails, CloseSpool does it
	return f, nil
}

// CloseSpool closes and removes a file of OpenSpool.
func CloseSpool(f *os.File) {
	name := f.Name()
	f.Close()
	if strings.HasSuffix(name, ".tmp") {
		os.Remove(name)
	}
}
