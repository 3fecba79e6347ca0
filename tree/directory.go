package tree

import (
	"errors"
	"strings"

	"github.com/psha1sum/psha1sum/reader"
)

// ErrLoop says that a link leads to a directory that contains it.
var ErrLoop = errors.New("file system loop")

// A directory is one that is to be visited, or is being.
type directory struct {
	prefix string // leads to what is in it: "", or a path and a slash
	parent *directory

	// What list finds out, in whatever goroutine, while the state is listing.
	id      reader.ID
	which   reader.DirectoryID // if that is asked for
	entries []reader.Entry     // in order, without what is skipped
	skipped []string           // in order, with Options.Identify
	err     error

	next int // of entries, the walk's

	// Guarded by ahead.mu.
	state state
	done  chan struct{} // closed when what was begun ahead is over
	known []*directory  // those below to which the walk has not come, the first of them
	later int           // where among entries the others begin
}

// child returns the i-th directory below d to which the walk has not come, where
// i is at most the number of those known, or nil if there is none.
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

// within reports whether a directory of this ID leads to d. Systems without IDs
// have links to directories that can't be told from directories, and on a file system
// that numbers nothing every directory would be within another.
func (d *directory) within(id reader.ID) bool {
	for up := d.parent; up != nil; up = up.parent {
		if up.id == id && id.Inode != 0 {
			return true
		}
	}
	return false
}

// compare puts entries of a directory in the order of the paths that begin with
// them: a directory's name is followed by a slash.
func compare(a, b reader.Entry) int {
	n := min(len(a.Name), len(b.Name))
	if c := strings.Compare(a.Name[:n], b.Name[:n]); c != 0 {
		return c
	}
	return follower(a, n) - follower(b, n)
}

// follower is what comes in a path behind the first n bytes of an entry's name.
func follower(e reader.Entry, n int) int {
	switch {
	case n < len(e.Name):
		return int(e.Name[n])
	case e.Type == reader.Directory:
		return '/'
	}
	return -1
}
