package reader

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// isDated knows the file systems of Linux that keep a file's time of change, which
// only the kernel sets, before the first byte is written, and whose inode numbers are
// the files' own, by the magic numbers of statfs(2). FAT and exFAT have no such time,
// archives that are mounted (ISO 9660, squashfs, erofs) have the same one in every
// edition, what is behind FUSE, 9p or SMB nobody knows, and of NFS and Ceph nobody
// here knows who else is writing. On tmpfs a process that has a file mapped changes
// its time with the first write to a page and never again. On overlayfs a lease tells
// nothing of who has a file mapped, nor of who writes to its layers.
func isDated(magic uint32) bool {
	const (
		jfs = 0x3153464a
		zfs = 0x2fc12fc1
	)
	switch magic {
	case unix.EXT4_SUPER_MAGIC, // ext2 and ext3 as well
		unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC, unix.BCACHEFS_SUPER_MAGIC,
		unix.NILFS_SUPER_MAGIC, jfs, zfs:
		return true
	}
	return false
}

// FileSystem returns that of an open file.
func (f *File) FileSystem() (FileSystem, error) {
	on, err := f.statfs()
	if err != nil || !on.Dated {
		return on, err
	}
	info, err := f.Look()
	on.Dated = err == nil && !inImage("/sys", info.ID.Device)
	return on, err
}

// isOn reports whether an open file is on a file system that is Dated. Another one may
// have the device number by now.
func (f *File) isOn(fs FileSystem) bool {
	on, err := f.statfs()
	return err == nil && on == fs
}

func (f *File) statfs() (FileSystem, error) {
	st, err := f.handle.statfs()
	if err != nil {
		return FileSystem{}, err
	}
	return FileSystem{
		ID:    uint64(uint32(st.Fsid.Val[0])) | uint64(uint32(st.Fsid.Val[1]))<<32,
		Dated: isDated(uint32(st.Type)),
	}, nil
}

// Unwritten reports whether, just now, nobody has the file open for writing or mapped
// with such a descriptor, so that no change is under way: whoever comes later changes
// its Info.Changed later. It is false also if that can't be known, as it can for the
// file's owner and who has CAP_LEASE. Nor is a swap area ever Unwritten: the kernel
// writes to it without any word.
func (f *File) Unwritten() bool { return f.unwritten() && !f.isSwap() }

// unwritten takes a read lease, which is refused as long as there is anybody who may
// write, and gives it back at once: who wants to write has to wait until then.
//
// The kernel says so to us by a signal. By default that is SIGIO, which ends a
// process; SIGURG does nothing to any.
func (f *File) unwritten() bool {
	fd := int(f.handle)
	if fcntl(fd, unix.F_SETSIG, int(unix.SIGURG)) != 0 || fcntl(fd, unix.F_SETLEASE, unix.F_RDLCK) != 0 {
		return false
	}
	return fcntl(fd, unix.F_SETLEASE, unix.F_UNLCK) == 0
}

// fcntl is a call that is over at once. Between two of them the scheduler has no
// occasion to keep us waiting, and with us who wants to write.
func fcntl(fd, cmd, arg int) syscall.Errno {
	_, _, errno := syscall.RawSyscall(unix.SYS_FCNTL, uintptr(fd), uintptr(cmd), uintptr(arg))
	return errno
}

// isSwap reports whether a file has the signature of a swap area, or of one that holds
// a system which sleeps, at the end of its first page: see mkswap(8).
func (f *File) isSwap() bool {
	page := int64(os.Getpagesize())
	if f.size < 2*page {
		return false
	}
	var signature [10]byte
	err := ignoringEINTR(func() error {
		_, err := unix.Pread(int(f.handle), signature[:], page-int64(len(signature)))
		return err
	})
	switch string(signature[:]) {
	case "SWAPSPACE2", "SWAP-SPACE", "S1SUSPEND\x00":
		return true
	}
	return err != nil
}

// lookListed looks at a file that a directory lists as a regular one, by the
// directory's rule. It may take a descriptor for a moment.
func (d *Dir) lookListed(name string) (Info, error) {
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

// statByOpening is fstatat(2) by the directory's rule.
func (d *Dir) statByOpening(name string, st *unix.Stat_t) error {
	fd, err := d.openAt(name, unix.O_PATH|unix.O_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Fstat(fd, st)
}
