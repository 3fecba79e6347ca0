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

func (d *Folder) openFolder(name string, _ Rule) (folderHandle, error) {
	fd, err := d.openAt(name, searchOnly|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err != nil {
		return -1, err
	}
	return folderHandle(fd), nil
}

func (h folderHandle) closeFolder() error { return unix.Close(int(h)) }

// Look is Stat that also returns why a file can't be looked at. By the rule
// Beneath that is what Open would say of the file.
func (d *Folder) Look(name string) (info Info, err error) {
	if d.isBeneath() {
		return d.lookBeneath(name)
	}
	if standsForDescriptor(name) {
		// Also if there is no such descriptor now: a file that is opened in the
		// meantime may get its number.
		info.Kind = Sequential
	}
	var st unix.Stat_t
	if d.followsNoLinks() {
		err = d.statWithoutLinks(name, &st)
	} else {
		err = ignoringEINTR(func() error { return unix.Fstatat(d.dirfd(), name, &st, 0) })
	}
	if err != nil {
		return info, err
	}
	sequential := info.Kind == Sequential
	info = infoOf(&st)
	if sequential {
		info.Kind = Sequential
	}
	return info, nil
}

func infoOf(st *unix.Stat_t) Info {
	kind := Plain
	if isSequential(st) {
		kind = Sequential
	}
	format := st.Mode & unix.S_IFMT
	return Info{
		Kind:      kind,
		Size:      sizeOf(st),
		ID:        idOf(st),
		Directory: format == unix.S_IFDIR,
		Regular:   format == unix.S_IFREG,
		Modified:  unix.TimespecToNsec(st.Mtim),
		Changed:   unix.TimespecToNsec(st.Ctim),
		waits:     format == unix.S_IFBLK,
	}
}

func (d *Folder) open(name string, noWait bool) (handle, error) {
	if d.isBeneath() {
		return d.openRegular(name)
	}
	const flags = unix.O_RDONLY | unix.O_CLOEXEC
	fd, err := -1, error(unix.EAGAIN)
	if noWait {
		fd, err = d.openAt(name, flags|unix.O_NONBLOCK)
	}
	if err == unix.EAGAIN { // not asked for, or a lease is being broken: wait
		fd, err = d.openAt(name, flags)
	}
	if err != nil {
		return -1, err
	}
	return handle(fd), nil
}

// openAt is openat(2) by the folder's rule.
func (d *Folder) openAt(name string, flags int) (fd int, err error) {
	err = ignoringEINTR(func() error {
		switch {
		case d == nil || d.rule == Anything:
			fd, err = unix.Openat(d.dirfd(), name, flags, 0)
		case d.rule == NoLinks:
			fd, err = d.openNoLinks(name, flags)
		default:
			fd, err = d.openBeneath(name, flags)
		}
		return err
	})
	if err != nil {
		return -1, err
	}
	return fd, nil
}

// prove sees to it that an open file is a regular one, and learns its size.
func (f *File) prove() error {
	st, err := f.stat()
	if err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return ErrNotRegular
	}
	f.size, f.device, f.unproven = st.Size, uint64(st.Dev), false
	return nil
}
