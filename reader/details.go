package reader

import (
	"io/fs"
	"time"
)

// Details are what a person wants to know of a file. Nothing is opened to learn
// them.
type Details struct {
	Type     Type
	Size     int64 // in bytes, of a regular file
	Modified time.Time
	// Mode is the permissions, with the bits of chmod(2) in front of them.
	Mode fs.FileMode
	// Owner is a user's number, or -1 where the system has none.
	Owner int
}
