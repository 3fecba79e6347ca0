package atomicfile

import "errors"

// Targets that rename(2) can't replace are detected at the beginning, before hours of
// work. Append-only files are refused. Mount points, such as single files in
// containers, and files of others in a sticky directory are overwritten in place if
// they are writable: see File.

var (
	errAppendOnly          = errors.New("append-only, can't be replaced")
	errAppendOnlyDirectory = errors.New("in an append-only directory, where nothing can be replaced")
)
