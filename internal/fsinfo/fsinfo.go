// Package fsinfo knows what may be taken for granted of which kind of file system.
// It is a table; who reads or remembers files decides what comes of it.
package fsinfo

// An Info is what is known of the file system that a file is on.
type Info struct {
	// ID tells file systems apart that have the same device number at different
	// times, as far as they have something of their own to be told by.
	ID uint64
	// Local says that it is one of this machine, whose files end where their size
	// says, are read from the page cache at whatever offset, and are closed without
	// fail.
	Local bool
	// TrustedTimes says that it keeps a file's time of change, which only the kernel
	// sets, before the first byte is written, and that inode numbers are the files' own.
	TrustedTimes bool
	// LastingNumbers says that an inode number belongs to one directory as long as
	// that exists.
	LastingNumbers bool
}
