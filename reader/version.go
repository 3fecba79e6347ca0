package reader

// A Version is a file in the state in which it was seen. As long as its file system
// is Dated, two versions that are equal are the same contents, whatever names the file
// had and has, if the file was Unwritten when one of them was read.
type Version struct {
	FileSystem FileSystem
	ID         ID
	// Size is in bytes, Modified and Changed are those of Info.
	Size, Modified, Changed int64
}

// Version returns the version of a file that is known to be on such a file system.
func (i *Info) Version(on FileSystem) Version {
	return Version{FileSystem: on, ID: i.ID, Size: i.Size, Modified: i.Modified, Changed: i.Changed}
}

// Is reports whether an open file, which was read to its end, is the whole of a
// version of a regular file: the one that was seen before, as it was then.
func (f *File) Is(v *Version) bool { return f.read == v.Size && f.IsStill(v) }

// IsStill is Is for a file of which any part was read.
func (f *File) IsStill(v *Version) bool {
	info, err := f.Look()
	return err == nil && info.Regular && info.Version(v.FileSystem) == *v && f.isOn(v.FileSystem)
}

// Skip has a file of which nothing was read be read from an offset on, as if what is
// in front of it had been. It returns false if that can't be done, and then the file
// is read from its beginning.
func (f *File) Skip(offset int64) bool {
	if f.reader != nil || !f.handle.seek(offset) {
		return false
	}
	f.read = offset
	return true
}

// A FileSystem is what matters of one to those who remember files.
type FileSystem struct {
	// ID tells file systems apart that have the same device number at different
	// times, as far as they have something of their own to be told by.
	ID uint64
	// Dated says that whatever changes a file changes its Info.Changed, to the time
	// of this machine at which the change began. It is false where the file system
	// keeps no such time, where others than this machine's kernel write files or
	// times, and where that isn't known.
	Dated bool
}
