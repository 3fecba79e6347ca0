package reader

import "errors"

// An Entry is what a directory lists.
type Entry struct {
	Name string
	Type Type
	// Inode is the file's number as the directory has it, or 0 if it doesn't
	// say; of a link that was followed, that of the file. It is a hint: where
	// something is mounted it is another's.
	Inode uint64
}

// A Type is what kind of file a directory lists.
type Type uint8

const (
	// Dangling is something whose type nobody can tell: a link that leads
	// nowhere, or what is gone already. Opening it tells why.
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
	// Follow has links listed as what they lead to.
	Follow bool
	// Most is how many entries there may be; 0 means any number. If there are
	// more, List returns ErrTooMany, and may be called again without a limit.
	Most int
	// Unless, if not nil, is asked when the directory is open. If it says true,
	// no entry is read: there are none, and no error. Where directories have no
	// ID it isn't asked.
	Unless func(ID) bool
	// Identified, if not nil, is told which directory it is that is listed, before
	// any entry is read.
	Identified func(DirectoryID)
	Near       DirectoryID // as with Identify
}

// ErrTooMany says that a directory has more entries than were asked for.
var ErrTooMany = errors.New("too many entries")

// List lists a directory in the directory, which need not be it, in no particular
// order and without "." and "..". It also tells the directory's ID, where the system
// has one. The error is that of the system, as it is, or ErrTooMany; entries that were
// read before it are returned with it.
func (d *Dir) List(path string, how Listing) (entries []Entry, id ID, err error) {
	return d.list(path, how)
}
