package reader

import "unique"

// A DirectoryID tells directories apart, whatever their paths: two that are Known and
// equal are the same directory. The zero value is a directory that can't be identified.
//
// It is the directory's inode where the file system keeps inodes (see package fsinfo).
// Elsewhere (FUSE, overlayfs, networks) inodes may be temporary, and it is the path
// without links, from the root: a directory with two mounts of such a file system has
// two.
type DirectoryID struct {
	number ID
	path   unique.Handle[string]
}

// Known reports whether the directory could be identified.
func (id DirectoryID) Known() bool { return id != DirectoryID{} }

// Identify returns which directory a name leads to, by d's rule. The error is why it
// can't be looked at; a directory that can't be identified is no error. It may take a
// descriptor for a moment.
//
// near is a directory that may be on the same file system, or the zero value. If it is,
// fewer system calls are needed.
func (d *Dir) Identify(name string, near DirectoryID) (DirectoryID, error) {
	return d.identify(name, near)
}
