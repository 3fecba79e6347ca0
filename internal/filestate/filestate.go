// Package filestate determines whether a file is still in the state in which it was read,
// so that its contents are unchanged.
//
// It knows file systems, timestamps and open writers, but not digests or where states are
// stored (package cache). doc/cache.md has the complete rule and the reasons.
package filestate

import (
	"github.com/psha1sum/psha1sum/internal/fsinfo"
	"github.com/psha1sum/psha1sum/reader"
)

// A State is the identity, size and timestamps of a file at a given time. If its file
// system has TrustedTimes, equal states mean equal contents, whatever the file's names,
// provided that HasNoWriters was true before the file was read.
type State struct {
	FileSystem FileSystem
	ID         reader.ID
	// Size is in bytes. Modified and Changed are those of reader.Info.
	Size, Modified, Changed int64
}

// A FileSystem holds the properties of a file system that matter for a State.
type FileSystem struct {
	// ID distinguishes file systems that use the same device number at different times, as
	// far as they have an identifier.
	ID uint64
	// TrustedTimes means that every change of a file sets State.Changed to this machine's
	// time at the start of the change. It is false where the file system has no such
	// timestamp, where others than this machine's kernel write files or timestamps, and
	// where that is unknown.
	TrustedTimes bool
}

// Of returns the state of a file on the given file system.
func Of(info *reader.Info, on FileSystem) State {
	return State{FileSystem: on, ID: info.ID, Size: info.Size, Modified: info.Modified, Changed: info.Changed}
}

// IsWhole reports whether an open file that was read to its end is a regular file, still
// in that state, and was read in full.
func (s *State) IsWhole(f *reader.File) bool { return f.BytesRead() == s.Size && s.IsStill(f) }

// IsStill is like IsWhole for a file that was read in part.
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

// isOn reports whether an open file is on that file system. The device number may
// meanwhile belong to another one.
func isOn(f *reader.File, fs FileSystem) bool {
	on, err := statfs(f)
	return err == nil && on == fs
}

func statfs(f *reader.File) (FileSystem, error) {
	on, err := fsinfo.Of(f.Fd())
	return FileSystem{ID: on.ID, TrustedTimes: on.TrustedTimes}, err
}

// HasNoWriters reports whether no process has the file open for writing, or mapped
// through a descriptor open for writing. Then no change is in progress, and later changes
// set State.Changed to a later time. It is false if that is unknown: it is known only on
// Linux, to the file's owner and to processes with CAP_LEASE. It is also false for swap
// areas, which the kernel writes to without a descriptor.
func HasNoWriters(f *reader.File) bool { return hasNoWriters(f) }
