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

// consent returns nil, or why the file of that name may not be replaced.
func (o *Options) consent(name string) error {
	if o.Force {
		return nil
	}
	return o.unforced(name)
}

// errExchanged says that a name stood for another file a moment before.
var errExchanged = errors.New("another file takes its place again and again")

var errNotOutput = errors.New("file exists and doesn't look like earlier output; --force replaces it")

// unforced consents if nothing is lost that this program couldn't make again: to a
// regular file only if it holds output, or nothing.
func (o *Options) unforced(name string) error {
	var info reader.Info
	output, err := false, errExchanged
	// Other runs may replace it as well, in this very moment.
	for tries := 0; (err == errExchanged || errors.Is(err, fs.ErrNotExist)) && tries < 100; tries++ {
		info = reader.Stat(name)
		if !info.Regular {
			return nil
		}
		output, err = o.isOutputFile(name, info.ID)
	}
	switch {
	case err != nil && info.Size == 0: // it can't be read, and is empty
		return nil
	case err != nil:
		return errors.New("file exists and can't be looked into: " + gnu.Strerror(err) + "; --force replaces it")
	case !output:
		return errNotOutput
	}
	return nil
}

// HoldsOutput reports whether the file that is replaced holds output, or nothing. It is
// read once.
func (t *File) HoldsOutput() bool {
	t.earlier.looked.Do(func() {
		if t.old != (reader.ID{}) {
			output, err := t.isOutputFile(t.Path, t.old)
			t.earlier.isOutput = output && err == nil
		}
	})
	return t.earlier.isOutput
}

// An earlier is what target.holdsOutput remembers.
type earlier struct {
	looked   sync.Once
	isOutput bool
}

// isOutputFile reports whether a file holds nothing but earlier output.
//
// Of a long file only both ends are looked at, so that this takes no time to speak of:
// what begins and ends as our output does is taken for it.
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

// lookedAt is how many bytes at either end of a file are looked at. A line of ours is
// shorter.
const lookedAt = 256 << 10

// endsOf returns what a file holds: all in begin unless it is long.
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
