package tree

import (
	"errors"
	"strings"

	"github.com/psha1sum/psha1sum/reader"
)

// ErrLoop is the error of a link that leads to a directory which contains it.
var ErrLoop = errors.New("file system loop")

// A directory is one that the walk will visit or is in.
type directory struct {
	prefix string // prefix of its entries' paths: "" or a path and a slash
	parent *directory

	// Set by list, while the state is listing.
	id      reader.ID
	which   reader.DirectoryID // with Options.Identify
	entries []reader.Entry     // sorted, without skipped ones
	skipped []string           // sorted, with Options.Identify
	err     error

	next int // index in entries of the walk

	// Guarded by ahead.mu.
	state state
	done  chan struct{} // closed when the listing ahead has ended
	known []*directory  // subdirectories that the walk has not reached, a prefix of them
	later int           // index in entries behind those
}

// child returns the i-th subdirectory that the walk has not reached, or nil if there is
// none. i is at most len(d.known).
func (d *directory) child(i int) *directory {
	if i < len(d.known) {
		return d.known[i]
	}
	for ; d.later < len(d.entries); d.later++ {
		if e := &d.entries[d.later]; e.Type == reader.Directory {
			d.known = append(d.known, &directory{prefix: d.prefix + e.Name + "/", parent: d})
			d.later++
			return d.known[i]
		}
	}
	return nil
}

// within reports whether the directory with this ID is an ancestor of d. It is false on
// systems without IDs, where links to directories can't be told from directories, and
// for inode 0, which some file systems give to every directory.
func (d *directory) within(id reader.ID) bool {
	for up := d.parent; up != nil; up = up.parent {
		if up.id == id && id.Inode != 0 {
			return true
		}
	}
	return false
}

// compare orders the entries of a directory like the paths that begin with them: a
// directory's name is followed by a slash.
func compare(a, b reader.Entry) int {
	n := min(len(a.Name), len(b.Name))
	if c := strings.Compare(a.Name[:n], b.Name[:n]); c != 0 {
		return c
	}
	return follower(a, n) - follower(b, n)
}

// follower returns the byte after the first n bytes of the entry in a path, or -1 at
// its end.
func follower(e reader.Entry, n int) int {
	switch {
	case n < len(e.Name):
		return int(e.Name[n])
	case e.Type == reader.Directory:
		return '/'
	}
	return -1
}
