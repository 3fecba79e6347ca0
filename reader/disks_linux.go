package reader

import "golang.org/x/sys/unix"

// onLocalDisk reports whether an open file is on one of the disks that LocalDisks is
// about.
func (f *File) onLocalDisk() bool {
	st, err := f.handle.statfs()
	return err == nil && isLocalDisk(uint32(st.Type))
}

// statfs is fstatfs(2).
func (h handle) statfs() (st unix.Statfs_t, err error) {
	err = ignoringEINTR(func() error { return unix.Fstatfs(int(h), &st) })
	return st, err
}

// localDisk returns the device of a directory if it is such a disk, and else 0.
func (h dirHandle) localDisk() uint64 {
	f := File{handle: handle(h)}
	if st, err := f.stat(); err == nil && f.onLocalDisk() {
		return uint64(st.Dev)
	}
	return 0
}

// OnLocalDisk reports whether the files that a directory on a device lists can be
// kept apart from those that are mounted there, and are on a local disk.
func (d *Dir) OnLocalDisk(device uint64) bool {
	return d != nil && d.disk != 0 && d.disk == device
}

// isLocalDisk knows file systems by the magic numbers of statfs(2). All of these
// read by filemap_read() or a relative of it, which ends at i_size and nowhere
// before, and have no flush(), which close(2) would call, or one that can't fail.
func isLocalDisk(magic uint32) bool {
	switch magic {
	case unix.EXT4_SUPER_MAGIC, // ext2 and ext3 as well
		unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC, unix.TMPFS_MAGIC:
		return true
	}
	return false
}
