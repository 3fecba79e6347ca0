// Package filestate tells whether a file that was read before is still in the same state,
// so that its contents are the same.
//
// It knows file systems, times of change, and who may be writing. It knows nothing of
// digests and of where states are kept: that is package cache. doc/cache.md has the full
// rule and the reasons.
package filestate

import (
	"github.com/psha1sum/psha1sum/internal/fsinfo"
	"github.com/psha1sum/psha1sum/reader"
)

// A State is the identity, size and times of a file at some moment. If its file system
// has TrustedTimes, two equal states mean equal contents, whatever the file's names, as
// long as HasNoWriters was true before the file was read.
type State struct {
	FileSystem FileSystem
	ID         reader.ID
	// Size is in bytes, Modified and Changed are those of reader.Info.
	Size, Modified, Changed int64
}

// A FileSystem is what matters about one for remembering files.
type FileSystem struct {
	// ID tells file systems apart that have the same device number at different
	// times, as far as they have an identifier.
	ID uint64
	// TrustedTimes says that every change of a file sets its State.Changed to the time
	// of this machine at which the change began. It is false where the file system
	// has no such time, where not only this machine's kernel writes files or times,
	// and where that isn't known.
	TrustedTimes bool
}

// Of returns the state of a file on a given file system.
func Of(info *reader.Info, on FileSystem) State {
	return State{FileSystem: on, ID: info.ID, Size: info.Size, Modified: info.Modified, Changed: info.Changed}
}

// IsWhole reports whether an open file, which was read to its end, is a regular file that
// is still in that state and was read in full.
func (s *State) IsWhole(f *reader.File) bool { return f.BytesRead() == s.Size && s.IsStill(f) }

// IsStill is IsWhole for a file of which only a part was read.
func (s *State) IsStill(f *reader.File) bool {
	info, err := f.Look()
	return err == nil && info.Regular && Of(&info, s.FileSystem) == *s && isOn(f, s.FileSystem)
}

// FileSystemOf returns the file system of an open file.
func FileSystemOf(f *reader.File) (FileSystem, error) {
	on, err := statfs(f)
	if err != nil || !on.TrustedTimes {
		return on, err
	}
	info, err := f.Look()
	on.TrustedTimes = err == nil && !inImage(info.ID.Device)
	return on, err
}

// isOn reports whether an open file is on that file system. Another one may have the
// device number by now.
func isOn(f *reader.File, fs FileSystem) bool {
	on, err := statfs(f)
	return err == nil && on == fs
}

func statfs(f *reader.File) (FileSystem, error) {
	on, err := fsinfo.Of(f.Fd())
	return FileSystem{ID: on.ID, TrustedTimes: on.TrustedTimes}, err
}

// HasNoWriters reports whether no process has the file open for writing at the moment, or
// mapped through such a descriptor. Then no change is under way, and later ones set
// State.Changed to a later time. It is false if that isn't known: it is known on Linux, to
// the file's owner and to processes with CAP_LEASE. It is false for swap areas, to which
// the kernel writes unnoticed.
func HasNoWriters(f *reader.File) bool { return hasNoWriters(f) }
