package reader

import "errors"

// An Entry is an entry of a directory.
type Entry struct {
	Name string
	Type Type
	// Inode is the file's number as the directory has it, or 0 if it has none; for a
	// link that was followed, the number of the file. It is a hint: a mount point has
	// the number of what is hidden.
	Inode uint64
}

// A Type is what kind of file a directory lists.
type Type uint8

const (
	// Dangling is something of unknown type: a link that leads nowhere, or a file
	// that has been removed. Opening it returns the reason.
	Dangling Type = iota
	RegularFile
	Directory
	Link
	FIFO
	Socket
	CharacterDevice
	BlockDevice
)

// A Listing says how to list a directory.
type Listing struct {
	// Follow lists links as what they lead to.
	Follow bool
	// Most is the limit of entries; 0 is none. If there are more, List returns
	// ErrTooMany, and may be called again without a limit.
	Most int
	// Unless, if not nil, is called when the directory is open. If it returns true,
	// List returns no entries and no error. It isn't called where directories have
	// no ID.
	Unless func(ID) bool
	// Identified, if not nil, is called with the identity of the directory before any
	// entry is read.
	Identified func(DirectoryID)
	Near       DirectoryID // as with Identify
}

// ErrTooMany says that a directory has more entries than were asked for.
var ErrTooMany = errors.New("too many entries")

// List lists the directory called path in d, in no particular order and without "." and
// "..". It also returns that directory's ID where the system has one. The error is the
// system's, unwrapped, or ErrTooMany. With an error of the system come the entries that
// were read before it.
func (d *Dir) List(path string, how Listing) (entries []Entry, id ID, err error) {
	return d.list(path, how)
}
