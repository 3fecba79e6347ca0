//go:build unix

package reader

import (
	"io/fs"
	"time"

	"golang.org/x/sys/unix"
)

// A handle is a descriptor. Every call uses the system call wrappers that tell the
// scheduler, because each may sleep.
type handle int

func identity(fd int) (id ID, ok bool) {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return ID{}, false
	}
	return idOf(&st), true
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
		mayBlock:  format == unix.S_IFBLK,
	}
}

func idOf(st *unix.Stat_t) ID { return ID{Device: uint64(st.Dev), Inode: uint64(st.Ino)} }

func isSequential(st *unix.Stat_t) bool {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG, unix.S_IFDIR, unix.S_IFBLK:
		return false
	}
	return true
}

func (f *File) look() (Info, error) {
	st, err := f.stat()
	return infoOf(&st), err
}

func (f *File) stat() (st unix.Stat_t, err error) {
	err = ignoringEINTR(func() error { return unix.Fstat(int(f.handle), &st) })
	return st, err
}

// sizeOf is the size of a regular file, else 0: a block device's st_size is 0, and that
// of a directory says nothing about its bytes.
func sizeOf(st *unix.Stat_t) int64 {
	if st.Mode&unix.S_IFMT == unix.S_IFREG {
		return st.Size
	}
	return 0
}

func (f *File) details() (Details, error) {
	st, err := f.stat()
	return detailsOf(&st), err
}

func detailsOf(st *unix.Stat_t) Details {
	d := Details{
		Type:     typeOf(st),
		Modified: time.Unix(st.Mtim.Unix()),
		Mode:     fs.FileMode(st.Mode & 0o7777),
		Owner:    int(st.Uid),
	}
	if d.Type == RegularFile {
		d.Size = st.Size
	}
	return d
}

func typeOf(st *unix.Stat_t) Type {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return RegularFile
	case unix.S_IFDIR:
		return Directory
	case unix.S_IFLNK:
		return Link
	case unix.S_IFIFO:
		return FIFO
	case unix.S_IFSOCK:
		return Socket
	case unix.S_IFCHR:
		return CharacterDevice
	case unix.S_IFBLK:
		return BlockDevice
	}
	return Dangling
}

func (h handle) fd() int { return int(h) }

func (h handle) read(p []byte) (int, error) {
	for {
		n, err := unix.Read(int(h), p)
		if err != unix.EINTR {
			return max(n, 0), err
		}
	}
}

// seek sets the position, and reports whether it could: not every file has one.
func (h handle) seek(offset int64) bool {
	at, err := unix.Seek(int(h), offset, unix.SEEK_SET)
	return err == nil && at == offset
}

// goOn has the next read(2) continue behind what was read through a ring. If it returns
// false, the position can't be set, and the file must be opened again to be read from
// its beginning.
func (f *File) goOn() bool {
	st, err := f.stat()
	if err != nil {
		return false
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG, unix.S_IFBLK:
		return f.handle.seek(f.read)
	}
	// A FIFO has no position, and what was read of it is gone.
	_ = f.handle.seek(f.read)
	return true
}

func (h handle) close() error { return unix.Close(int(h)) }

// wouldWait reports whether err says that a read without O_NONBLOCK would wait.
func (f *File) wouldWait(err error) bool { return f.nonblocking && err == unix.EAGAIN }

// retryBlocking is called when a file that was opened with O_NONBLOCK gave nothing or
// EAGAIN. It reports whether the read must be repeated, because the file is one to wait
// for, such as a FIFO that replaced another file after the stat; if so, reads block from
// here on. readErr is the read's error, and is returned if it is a genuine one.
func (f *File) retryBlocking(readErr error) (again bool, err error) {
	f.unverified = false
	switch {
	case readErr == nil:
	case f.wouldWait(readErr):
		// Wait, whatever it is: a few files in /proc heed O_NONBLOCK as well, and
		// so may a FUSE server.
		return true, f.setBlocking()
	default:
		return false, readErr
	}
	st, err := f.stat()
	if err != nil {
		return false, nil
	}
	if st.Mode&unix.S_IFMT != unix.S_IFIFO || f.read > 0 {
		return false, nil // a terminal's end-of-file mark, or a writer that left
	}
	// A FIFO without a writer. poll(2) waits for the first since our open, even one
	// that has left in the meantime; opening the FIFO again would miss that one.
	fds := []unix.PollFd{{Fd: int32(f.handle), Events: unix.POLLIN}}
	err = ignoringEINTR(func() error { _, err := unix.Poll(fds, -1); return err })
	if err != nil {
		return false, err
	}
	return true, f.setBlocking()
}

// setBlocking clears O_NONBLOCK.
func (f *File) setBlocking() error {
	f.nonblocking = false
	return unix.SetNonblock(int(f.handle), false)
}

// verifyRegular checks that an open file is a regular one, and learns its size.
func (f *File) verifyRegular() error {
	st, err := f.stat()
	if err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return ErrNotRegular
	}
	f.size, f.device, f.unverified = st.Size, uint64(st.Dev), false
	return nil
}

func ignoringEINTR(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}

func (d Descriptor) read(p []byte) (int, error) { return handle(d).read(p) }
