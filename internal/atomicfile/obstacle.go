package atomicfile

import "errors"

// What no file can take the place of by rename(2) is found at the beginning, before
// hours of work. A file that can only grow is refused. What is a mount point, as
// single files are in containers, or another's in a sticky directory, may be written
// to all the same, where it is: see target.

var (
	errAppendOnly          = errors.New("append-only, can't be replaced")
	errAppendOnlyDirectory = errors.New("in an append-only directory, where nothing can be replaced")
)
