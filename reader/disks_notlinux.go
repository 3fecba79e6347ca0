//go:build !linux

package reader

// onLocalDisk: here nothing is known of any file system.
func (f *File) onLocalDisk() bool { return false }

func (h dirHandle) localDisk() uint64 { return 0 }

// OnLocalDisk reports whether the files that a directory on a device lists are on a
// local disk.
func (d *Dir) OnLocalDisk(uint64) bool { return false }
