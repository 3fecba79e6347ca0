// Package fsinfo is the table of file systems: what may be taken for granted on which.
// Its users decide what follows from that: reader for reading, filestate for caches.
package fsinfo

// An Info is what is known about the file system that a file is on.
type Info struct {
	// ID tells file systems apart that have the same device number at different
	// times, as far as they have an identifier.
	ID uint64
	// Local says that files end where their size says, can be read at any offset from
	// the page cache, and are closed without an error.
	Local bool
	// TrustedTimes says that files have a time of change, which only the kernel sets,
	// before the first byte is written, and that no inode is used for two files at once.
	TrustedTimes bool
	// LastingNumbers says that an inode belongs to one directory as long as that
	// exists.
	LastingNumbers bool
}
