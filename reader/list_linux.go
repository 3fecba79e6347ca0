package reader

import (
	"bytes"
	"encoding/binary"
	"sync"

	"golang.org/x/sys/unix"
)

// readEntries reads what an open directory lists, and closes it.
func readEntries(fd int, _ string, how Listing) (entries []Entry, err error) {
	defer unix.Close(fd)
	buf := listBuffers.Get().(*[listBuffer]byte)
	defer listBuffers.Put(buf)
	for {
		n, err := handle(fd).getdents(buf[:])
		if n == 0 || err != nil {
			return entries, err
		}
		entries = appendEntries(entries, buf[:n], fd, how.Follow)
		if how.Most > 0 && len(entries) > how.Most {
			return nil, ErrTooMany
		}
	}
}

// listBuffer is how many bytes of a directory are read at a time.
const listBuffer = 64 << 10

var listBuffers = sync.Pool{New: func() any { return new([listBuffer]byte) }}

func (h handle) getdents(buf []byte) (n int, err error) {
	err = ignoringEINTR(func() error { n, err = unix.Getdents(int(h), buf); return err })
	return max(n, 0), err
}

// appendEntries appends the entries of a run of dirents. Their names share one string.
func appendEntries(entries []Entry, run []byte, fd int, follow bool) []Entry {
	var names []byte
	for rest := run; len(rest) > 0; {
		var d dirent
		d, rest = nextDirent(rest)
		names = append(names, d.name...)
	}
	text := string(names)
	for len(run) > 0 {
		var d dirent
		d, run = nextDirent(run)
		name := text[:len(d.name)]
		text = text[len(d.name):]
		if name == "." || name == ".." {
			continue
		}
		if d.kind == Dangling || d.kind == Link && follow {
			d.kind, d.inode = entryType(fd, name, follow)
		}
		entries = append(entries, Entry{Name: name, Type: d.kind, Inode: d.inode})
	}
	return entries
}

// A dirent is the needed part of the kernel's struct linux_dirent64.
type dirent struct {
	inode uint64
	kind  Type
	name  []byte
}

func nextDirent(run []byte) (d dirent, rest []byte) {
	length := binary.NativeEndian.Uint16(run[16:])
	d.inode = binary.NativeEndian.Uint64(run)
	d.kind = listedTypes[run[18]&15]
	d.name, _, _ = bytes.Cut(run[19:length], []byte{0})
	return d, run[length:]
}

// listedTypes are the types by d_type. Dangling: the file system doesn't tell.
var listedTypes = [16]Type{
	unix.DT_REG: RegularFile, unix.DT_DIR: Directory, unix.DT_LNK: Link, unix.DT_FIFO: FIFO,
	unix.DT_SOCK: Socket, unix.DT_CHR: CharacterDevice, unix.DT_BLK: BlockDevice,
}
