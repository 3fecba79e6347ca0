package fsinfo

import "golang.org/x/sys/unix"

// Of returns what is known of the file system that an open file is on.
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

// known knows file systems by the magic numbers of statfs(2).
//
// All that are local read by filemap_read() or a relative of it, which ends at i_size
// and nowhere before, and have no flush(), which close(2) would call, or one that can't
// fail.
//
// Of the times of others nothing is believed: FAT and exFAT have no time of change,
// archives that are mounted (ISO 9660, squashfs, erofs) have the same one in every
// edition, what is behind FUSE, 9p or SMB nobody knows, and of NFS and Ceph nobody
// here knows who else is writing. On tmpfs a process that has a file mapped changes
// its time with the first write to a page and never again. On overlayfs a lease tells
// nothing of who has a file mapped, nor of who writes to its layers.
func known(magic uint32) (local, trustedTimes bool) {
	const (
		jfs = 0x3153464a
		zfs = 0x2fc12fc1
	)
	switch magic {
	case unix.EXT4_SUPER_MAGIC, // ext2 and ext3 as well
		unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC:
		return true, true
	case unix.TMPFS_MAGIC:
		return true, false
	case unix.BCACHEFS_SUPER_MAGIC, unix.NILFS_SUPER_MAGIC, jfs, zfs:
		return false, true
	}
	return false, false
}
