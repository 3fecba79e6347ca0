//go:build !linux

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
)

// On other systems every file has a name.

func openNameless(string, fs.FileMode) *os.File { return nil }

func linkNameless(*os.File, string) error { return errors.ErrUnsupported }
