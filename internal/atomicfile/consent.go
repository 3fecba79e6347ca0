package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"

	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/reader"
)

// consent returns nil, or why the file called name may not be replaced.
func (o *Options) consent(name string) error {
	if o.Force {
		return nil
	}
	return o.unforced(name)
}

// errExchanged is returned for a name that referred to another file a moment before.
var errExchanged = errors.New("another file takes its place again and again")

var errNotOutput = errors.New("file exists and doesn't look like earlier output; --force replaces it")

// unforced returns nil if replacing the file loses nothing that this program could not
// recreate: a regular file must be empty or contain output.
func (o *Options) unforced(name string) error {
	var info reader.Info
	output, err := false, errExchanged
	// Concurrent runs may be replacing it too.
	for tries := 0; (err == errExchanged || errors.Is(err, fs.ErrNotExist)) && tries < 100; tries++ {
		info = reader.Stat(name)
		if !info.Regular {
			return nil
		}
		output, err = o.isOutputFile(name, info.ID)
	}
	switch {
	case err != nil && info.Size == 0: // empty, but not readable
		return nil
	case err != nil:
		return errors.New("file exists and can't be looked into: " + gnu.Strerror(err) + "; --force replaces it")
	case !output:
		return errNotOutput
	}
	return nil
}

// HoldsOutput reports whether the file that will be replaced is empty or contains
// output. The file is read once.
func (t *File) HoldsOutput() bool {
	t.earlier.looked.Do(func() {
		if t.old != (reader.ID{}) {
			output, err := t.isOutputFile(t.Path, t.old)
			t.earlier.isOutput = output && err == nil
		}
	})
	return t.earlier.isOutput
}

// An earlier caches the result of HoldsOutput.
type earlier struct {
	looked   sync.Once
	isOutput bool
}

// isOutputFile reports whether a file contains only earlier output. Of a long file only
// the beginning and the end are checked, to keep it fast.
func (o *Options) isOutputFile(name string, id reader.ID) (bool, error) {
	f, err := openOld(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	if identityOf(f) != id {
		return false, errExchanged
	}
	begin, end, err := endsOf(f)
	if err != nil {
		return false, err
	}
	return o.IsOutput(begin, end), nil
}

// lookedAt is how many bytes are read at each end of a file. It is more than the
// longest line of output.
const lookedAt = 256 << 10

// endsOf returns the contents of a file: all in begin, or both ends of a long one.
func endsOf(f *os.File) (begin, end []byte, err error) {
	begin, err = io.ReadAll(io.LimitReader(f, 2*lookedAt+1))
	if err != nil || len(begin) <= 2*lookedAt {
		return begin, nil, err
	}
	if _, err := f.Seek(-lookedAt, io.SeekEnd); err != nil {
		return nil, nil, err
	}
	end, err = io.ReadAll(io.LimitReader(f, lookedAt))
	return begin[:lookedAt], end, err
}
