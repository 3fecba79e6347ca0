package reader

import "golang.org/x/sys/unix"

// stampsOf knows the file systems of Linux that keep a file's time of change, of
// which nobody but the kernel sets the clock, and whose inode numbers are the files'
// own, by the magic numbers of statfs(2). FAT and exFAT have no such time, archives
// that are mounted (ISO 9660, squashfs, erofs) have the same one in every edition,
// and what is behind FUSE, 9p or SMB nobody knows. On tmpfs a process that has a file
// mapped changes its time with the first write to a page and never again.
func stampsOf(magic uint32) Stamps {
	const (
		jfs = 0x3153464a
		zfs = 0x2fc12fc1
	)
	switch magic {
	case unix.EXT4_SUPER_MAGIC, // ext2 and ext3 as well
		unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC, unix.BCACHEFS_SUPER_MAGIC,
		unix.NILFS_SUPER_MAGIC, unix.REISERFS_SUPER_MAGIC, jfs, zfs:
		return Local
	case unix.NFS_SUPER_MAGIC, unix.CEPH_SUPER_MAGIC:
		return Remote
	}
	return Unreliable
}

// FileSystem returns that of an open file.
func (f *File) FileSystem() (FileSystem, error) {
	var st unix.Statfs_t
	if err := ignoringEINTR(func() error { return unix.Fstatfs(int(f.handle), &st) }); err != nil {
		return FileSystem{}, err
	}
	on := FileSystem{
		ID:     uint64(uint32(st.Fsid.Val[0])) | uint64(uint32(st.Fsid.Val[1]))<<32,
		Stamps: stampsOf(uint32(st.Type)),
	}
	if st.Type != unix.OVERLAYFS_SUPER_MAGIC {
		return on, nil
	}
	info, err := f.Look()
	if err == nil && isWritableOverlay(info.ID.Device) {
		on.Stamps, on.inodes = Local, overlayInodes
	}
	return on, err
}

// lookListed looks at a file that a directory lists as a regular one, by the
// folder's rule. It may take a descriptor for a moment.
func (d *Folder) lookListed(name string) (Info, error) {
	var st unix.Stat_t
	var err error
	switch {
	case d == nil || d.rule == Anything:
		err = ignoringEINTR(func() error { return unix.Fstatat(d.dirfd(), name, &st, 0) })
	case d.rule == NoLinks:
		err = d.statWithoutLinks(name, &st)
	default:
		err = d.statByOpening(name, &st)
	}
	if err != nil {
		return Info{}, err
	}
	return infoOf(&st), nil
}

// statByOpening is fstatat(2) by the folder's rule.
func (d *Folder) statByOpening(name string, st *unix.Stat_t) error {
	fd, err := d.openAt(name, unix.O_PATH|unix.O_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Fstat(fd, st)
}
