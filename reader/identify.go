package reader

import "unique"

// A DirectoryID tells directories apart, whatever they are called: two that are known
// and equal are the same directory. The zero value stands for one of which nobody
// knows which it is.
//
// It is the number of the directory where the file system's numbers last and each
// belongs to one directory. Elsewhere (FUSE, overlayfs, networks) numbers may be made up
// for as long as somebody looks, and it is the path without links, from the root: by two
// mounts of such a file system a directory is two.
type DirectoryID struct {
	number ID
	path   unique.Handle[string]
}

// Known reports whether it is known which directory it is.
func (id DirectoryID) Known() bool { return id != DirectoryID{} }

// Identify returns which directory a name leads to, by the directory's rule. The error is why
// it can't be looked at; if it can't be told which directory it is, there is none. It may
// take a descriptor for a moment.
//
// near is a directory that is perhaps on the same file system, or the zero value: what is
// known of that one needn't be found out again.
func (d *Dir) Identify(name string, near DirectoryID) (DirectoryID, error) {
	return d.identify(name, near)
}
