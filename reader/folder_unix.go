//go:build unix

package reader

import "golang.org/x/sys/unix"

// A folderHandle is a directory's descriptor.
type folderHandle int

func (d *Folder) dirfd() int {
	if d == nil {
		return unix.AT_FDCWD
	}
	return int(d.handle)
}

func (d *Folder) openFolder(name string) (folderHandle, error) {
	fd, err := d.openAt(name, searchOnly|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err != 0 {
		return -1, err
	}
	return folderHandle(fd), nil
}

func (h folderHandle) closeFolder() error { return unix.Close(int(h)) }

// Stat looks at a file in the folder: see the function of that name.
func (d *Folder) Stat(name string) (info Info) {
	if standsForDescriptor(name) {
		// Also if there is no such descriptor now: a file that is opened in the
		// meantime may get its number.
		info.Kind = Sequential
	}
	var st unix.Stat_t
	if err := ignoringEINTR(func() error { return unix.Fstatat(d.dirfd(), name, &st, 0) }); err != nil {
		return info
	}
	if isSequential(&st) {
		info.Kind = Sequential
	}
	if info.Kind == Unknown {
		info.Kind = Plain
	}
	info.Size, info.ID = sizeOf(&st), idOf(&st)
	info.Directory = st.Mode&unix.S_IFMT == unix.S_IFDIR
	info.waits = st.Mode&unix.S_IFMT == unix.S_IFBLK
	return info
}

func (d *Folder) open(name string, noWait bool) (handle, error) {
	const flags = unix.O_RDONLY | unix.O_CLOEXEC
	fd, err := -1, unix.EAGAIN
	if noWait {
		fd, err = d.openAt(name, flags|unix.O_NONBLOCK)
	}
	if err == unix.EAGAIN { // not asked for, or a lease is being broken: wait
		fd, err = d.openAt(name, flags)
	}
	if err != 0 {
		return -1, err
	}
	return handle(fd), nil
}

// openAt is openat(2) by the folder's rule.
func (d *Folder) openAt(name string, flags int) (int, unix.Errno) {
	for {
		var fd int
		var err error
		if d != nil && d.rule == NoLinks {
			fd, err = openWithoutLinks(int(d.handle), name, flags)
		} else {
			fd, err = unix.Openat(d.dirfd(), name, flags, 0)
		}
		if err == nil {
			return fd, 0
		}
		if errno := err.(unix.Errno); errno != unix.EINTR {
			return -1, errno
		}
	}
}

// prove sees to it that an open file is a regular one, and learns its size.
func (f *File) prove() error {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.handle), &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return ErrNotRegular
	}
	f.size, f.unproven = st.Size, false
	return nil
}
