package reader

// A Version is a file in the state in which it was seen. As long as its file
// system's Stamps are good for that, two versions that are equal are the same
// contents, whatever names the file had and has.
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
func (f *File) Is(v *Version) bool {
	info, err := f.Look()
	return err == nil && info.Regular && f.read == v.Size && info.Version(v.FileSystem) == *v
}

// A FileSystem is what matters of one to those who remember files.
type FileSystem struct {
	// ID tells file systems apart that have the same device number at different
	// times, as far as they have something of their own to be told by.
	ID     uint64
	Stamps Stamps
	// inodes, if not 0, is how many there are of which Stamps is true. Others are of
	// another file system that looks like this one.
	inodes uint64
}

// StampsOf are what the timestamps of one of its files are good for.
func (s *FileSystem) StampsOf(file ID) Stamps {
	if s.inodes > 0 && file.Inode >= s.inodes {
		return Unreliable
	}
	return s.Stamps
}

// Stamps are what the timestamps of a file system are good for.
type Stamps uint8

const (
	// Unreliable stamps may be equal although the contents are not: the file
	// system keeps no time of the last change, or makes its files up when they
	// are read, or it isn't known.
	Unreliable Stamps = iota
	// Local stamps are by this machine's clock. Whatever changes a file changes
	// its Info.Changed.
	Local
	// Remote ones are by another machine's clock. What Look says of a file by its
	// name may be old; of an open file it was true when that was opened.
	Remote
)
