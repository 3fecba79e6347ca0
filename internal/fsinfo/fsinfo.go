// Package fsinfo is a table of the properties of file systems. Its users decide what
// follows from them: reader for reading, filestate for caches.
package fsinfo

// An Info holds what is known about the file system of a file.
type Info struct {
	// ID distinguishes file systems that use the same device number at different times, as
	// far as they have an identifier.
	ID uint64
	// Local means that files end where their size says, can be read at any offset from
	// the page cache, and are closed without errors.
	Local bool
	// TrustedTimes means that files have a change time, that only the kernel sets it, and
	// does so before the first byte is written, and that no inode number is used for two
	// files at once.
	TrustedTimes bool
	// LastingNumbers means that an inode number belongs to one directory for as long as
	// that exists.
	LastingNumbers bool
}
