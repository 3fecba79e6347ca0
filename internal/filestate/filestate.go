// Package filestate knows what may be believed of a file that was read before: whether
// it is in the state in which it was then, so that its contents are the same.
//
// It knows file systems, times of change and who may be writing. It knows nothing of
// digests, nor of where states are kept: that is package cache. doc/cache.md has the
// rule in full, and why.
package filestate

import (
	"github.com/psha1sum/psha1sum/internal/fsinfo"
	"github.com/psha1sum/psha1sum/reader"
)

// A State is that in which a file was seen. As long as its file system has
// TrustedTimes, two states that are equal are the same contents, whatever names the
// file had and has, if HasNoWriters was true when one of them was read.
type State struct {
	FileSystem FileSystem
	ID         reader.ID
	// Size is in bytes, Modified and Changed are those of reader.Info.
	Size, Modified, Changed int64
}

// A FileSystem is what matters of one to those who remember files.
type FileSystem struct {
	// ID tells file systems apart that have the same device number at different
	// times, as far as they have something of their own to be told by.
	ID uint64
	// TrustedTimes says that whatever changes a file changes its State.Changed, to the
	// time of this machine at which the change began. It is false where the file system
	// keeps no such time, where others than this machine's kernel write files or
	// times, and where that isn't known.
	TrustedTimes bool
}

// Of returns the state of a file that is known to be on such a file system.
func Of(info *reader.Info, on FileSystem) State {
	return State{FileSystem: on, ID: info.ID, Size: info.Size, Modified: info.Modified, Changed: info.Changed}
}

// IsWhole reports whether an open file, which was read to its end, is the whole of a
// regular file in that state: the one that was seen before, as it was then.
func (s *State) IsWhole(f *reader.File) bool { return f.BytesRead() == s.Size && s.IsStill(f) }

// IsStill is IsWhole for a file of which any part was read.
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

// isOn reports whether an open file is on a file system that has TrustedTimes. Another
// one may have the device number by now.
func isOn(f *reader.File, fs FileSystem) bool {
	on, err := statfs(f)
	return err == nil && on == fs
}

func statfs(f *reader.File) (FileSystem, error) {
	on, err := fsinfo.Of(f.Fd())
	return FileSystem{ID: on.ID, TrustedTimes: on.TrustedTimes}, err
}

// HasNoWriters reports whether, just now, nobody has a file open for writing or mapped
// with such a descriptor, so that no change is under way: whoever comes later changes
// its State.Changed later. It is false also if that can't be known, as it can, on Linux,
// for the file's owner and who has CAP_LEASE. A swap area always has one: the
// kernel writes to it without any word.
func HasNoWriters(f *reader.File) bool { return hasNoWriters(f) }
