package fsinfo

import "golang.org/x/sys/unix"

// Of returns what is known about the file system of an open file.
func Of(fd int) (Info, error) {
	var st unix.Statfs_t
	for {
		err := unix.Fstatfs(fd, &st)
		if err == nil {
			break
		}
		if err != unix.EINTR {
			return Info{}, err
		}
	}
	local, trusted := known(uint32(st.Type))
	return Info{
		ID:             uint64(uint32(st.Fsid.Val[0])) | uint64(uint32(st.Fsid.Val[1]))<<32,
		Local:          local,
		TrustedTimes:   trusted,
		LastingNumbers: local || trusted,
	}, nil
}

// known returns the properties of a file system by its magic number from statfs(2).
//
// Local file systems read with filemap_read() or a similar function, which ends at i_size
// and not before. They have no flush(), which close(2) would call, or one that can't
// fail.
//
// The timestamps of the others are not trusted. FAT and exFAT have no change time.
// Mounted archives (ISO 9660, squashfs, erofs) may have the same timestamps in every
// edition. What is behind FUSE, 9p and SMB is unknown, and so are other writers on NFS
// and Ceph. On tmpfs writing to a mapped page sets the time only once. On overlayfs a
// lease doesn't detect mappings of a file or writers to its layers.
func known(magic uint32) (local, trustedTimes bool) {
	const (
		jfs = 0x3153464a
		zfs = 0x2fc12fc1
	)
	switch magic {
	case unix.EXT4_SUPER_MAGIC, // also ext2 and ext3
		unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC:
		return true, true
	case unix.TMPFS_MAGIC:
		return true, false
	case unix.BCACHEFS_SUPER_MAGIC, unix.NILFS_SUPER_MAGIC, jfs, zfs:
		return false, true
	}
	return false, false
}
