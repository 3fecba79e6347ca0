// Package reader opens files and reads them whole, in large pieces, with no buffer of
// its own: on Unix straight from the system, without os.File and the runtime's poller.
//
// It knows kinds of file, where a file ends, and the system's errors, which it returns
// unwrapped ([syscall.Errno]). It knows nothing of what becomes of the bytes. Memory is
// always the caller's, and no slice is kept after a call has returned.
//
//	f, err := reader.Open(name, reader.Stat(name))
//	...
//	for end := false; !end; {
//		n, end, err = f.Fill(buf) // n is at least len(buf) unless the file ended
//		...
//	}
//	f.Close()
//
// Exported names are documented in files that are built on every system. How a system
// does it is in unix.go, linux.go, bsd.go (every Unix but Linux), notlinux.go and
// other.go, or in a file named after the subject and the system.
package reader

import (
	"io"
	"path"
	"strings"

	"github.com/psha1sum/psha1sum/internal/descriptor"
	"github.com/psha1sum/psha1sum/internal/fdlimit"
)

// Kind says whether a file may be read at the same time as others.
type Kind uint8

const (
	// Unknown is a name that doesn't exist or can't be looked at.
	Unknown Kind = iota
	// Plain is a file that looks the same whenever it is opened: a regular
	// file, a directory, a block device.
	Plain
	// Sequential is a file for which opening or reading has side effects on other
	// processes: a FIFO, a pipe, a terminal or another character device, a socket,
	// and every name that stands for a descriptor of this process.
	Sequential
)

// Info is what is known of a file before it is opened.
type Info struct {
	Kind Kind
	// Size in bytes; 0 says nothing (files in /proc and /sys say 0).
	Size int64
	// Exact says that the file is known to end where Size says: see LocalDisks.
	// Stat never sets it.
	Exact bool
	// ID is the file's identity; zero where the system has none.
	ID ID

	// Directory and Regular say that it is a directory or a regular file.
	Directory, Regular bool

	// Modified and Changed are the times of the last change to the contents and to
	// anything about the file (mtime, ctime): nanoseconds since 1970, or 0 where the
	// system doesn't tell. Programs can set Modified, but not Changed.
	Modified, Changed int64

	// mayBlock: opening it may have to wait, and should (a drive closes its tray).
	mayBlock bool
	// unstatted: only the directory entry is known.
	unstatted bool
}

// FromDirent returns what is known of a file that a directory lists as a regular one.
func FromDirent() Info { return Info{Kind: Plain, unstatted: true} }

// Unstatted reports whether the info comes from FromDirent.
func (i Info) Unstatted() bool { return i.unstatted }

// An ID tells files apart: two names with the same ID are one file.
type ID struct{ Device, Inode uint64 }

// A File is an open file, or an io.Reader in a file's place. The zero value is
// neither. A File is used by one goroutine at a time.
type File struct {
	handle handle
	reader io.Reader // in place of handle
	failed error     // that reader returned along with its last bytes
	size   int64     // by stat; a hint, never believed alone
	exact  bool      // the file ends at size, unless it changes
	device uint64    // 0: not known
	read   int64     // bytes so far
	// uncached: the page cache is to drop what was read; it has dropped so many bytes.
	uncached bool
	dropped  int64
	// unverified: it was opened with O_NONBLOCK because of an earlier stat. The file
	// may have been swapped for a FIFO in between.
	unverified bool
	// nonblocking: O_NONBLOCK is still set, so reads may return EAGAIN.
	nonblocking bool
}

// Open opens the named file for reading. info is what Stat returned for it. The
// error is the system's, unwrapped.
//
// Opening a Sequential file waits as open(2) does: on a FIFO, until it has a writer.
// So does opening a block device, or a file on which a process holds a lease. Anything
// else is opened without waiting.
func Open(name string, info Info) (File, error) { return (*Dir)(nil).Open(name, info) }

// Stat looks at the named file without opening it, so it releases no writer of a
// FIFO. A file that can't be looked at is Unknown; Open returns the reason.
func Stat(name string) Info { return (*Dir)(nil).Stat(name) }

// dropEvery is how many bytes are read before the page cache is told to drop them.
// The system drops whole pages, and may have read several as one.
const dropEvery = 1 << 20

// Size is the file's size in bytes, by stat; 0 says nothing.
func (f *File) Size() int64 { return f.size }

// BytesRead is how many bytes were read or skipped.
func (f *File) BytesRead() int64 { return f.read }

// Fd is the file's descriptor, which still belongs to the File. It is negative for an
// io.Reader, and on systems other than Unix.
func (f *File) Fd() int {
	if f.reader != nil {
		return -1
	}
	return f.handle.fd()
}

// Skip has a file that was not read yet be read from an offset on, as if the bytes
// before it had been read. If it returns false, that can't be done, and the file is
// read from its beginning.
func (f *File) Skip(offset int64) bool {
	if f.reader != nil || !f.handle.seek(offset) {
		return false
	}
	f.read = offset
	return true
}

// Look looks at an open file, which must not be an io.Reader.
func (f *File) Look() (Info, error) { return f.look() }

// Details looks at an open file, which must not be an io.Reader.
func (f *File) Details() (Details, error) { return f.details() }

// advise tells the system how the file will be read.
func (f *File) advise() {
	if f.size >= adviseFrom {
		f.handle.adviseSequential()
	}
}

// adviseFrom is the size of file from which on it pays to tell the system that it will
// be read from beginning to end: it reads further ahead.
const adviseFrom = 1 << 20

// DropCache has the page cache drop the file as it is read.
func (f *File) DropCache() { f.uncached = true }

// dropCache has the page cache drop what was read, if that is enough bytes.
func (f *File) dropCache(enough int64) {
	if f.uncached && f.read-f.dropped >= enough {
		f.handle.dropCache(f.read)
		f.dropped = f.read
	}
}

// From returns a File that reads r. Closing it doesn't close r.
func From(r io.Reader) File { return File{reader: r} }

// Fill reads until buf is full or the file has ended, and says which. After end it must
// not be called again: on a terminal one end-of-file mark is enough. n may be 0 at the
// end. After an error the contents of buf are undefined.
//
// If the rest of the file, by its size, is at least len(buf) but less than cap(buf),
// Fill reads up to the capacity, and n is greater than len(buf). So a file whose length
// is a multiple of the buffer's needs no further read to see its end, and a short rest
// needs no buffer of its own.
//
// A file has ended when read(2) returns 0, as for GNU. On a local disk (see
// [LocalDisks]) it has also ended when the bytes so far equal a non-zero size and the
// last read was short. Files that grew, shrank or have no size are read until read(2)
// returns 0.
func (f *File) Fill(buf []byte) (n int, end bool, err error) { return f.FillFrom(buf, 0) }

// FillFrom is Fill for a buffer that has n bytes in it already. It returns the number of
// all bytes in it. If n is more than len(buf), as after a Ring, the buffer is filled up
// to its capacity.
func (f *File) FillFrom(buf []byte, n int) (int, bool, error) {
	left := f.size - f.read + int64(n)
	if left >= int64(len(buf)) && left < int64(cap(buf)) || n > len(buf) {
		buf = buf[:cap(buf)]
	}
	for n < len(buf) {
		m, err := f.readSome(buf[n:])
		if err != nil {
			return n, false, err
		}
		if m == 0 {
			return n, true, nil
		}
		n += m
		f.read += int64(m)
		f.dropCache(dropEvery)
		if f.exact && f.size > 0 && f.read == f.size && n < len(buf) {
			return n, true, nil
		}
	}
	return n, false, nil
}

// Read is one read, for callers that want bytes as they arrive instead of full buffers.
// It implements io.Reader.
func (f *File) Read(p []byte) (int, error) {
	n, err := f.readSome(p)
	f.read += int64(n)
	return eofAtZero(n, len(p), err)
}

// readSome is one read. It returns 0 only at the end.
func (f *File) readSome(p []byte) (int, error) {
	if f.reader != nil {
		return f.readFrom(p)
	}
	n, err := f.handle.read(p)
	verified := !f.unverified || err == nil && f.read > 0 && f.read == f.size
	if n > 0 || verified && !f.wouldWait(err) {
		return n, err
	}
	// Nothing came from a file that should have more, or from an empty one: the only
	// case in which it matters what was really opened. Or a regular file heeds
	// O_NONBLOCK.
	if again, serr := f.retryBlocking(err); serr != nil || !again {
		return 0, serr
	}
	return f.handle.read(p)
}

// readFrom is one read from f.reader by the rules of read(2): 0 is the end. An error
// that comes with bytes is returned by the next read, because a reader need not repeat
// it.
func (f *File) readFrom(p []byte) (int, error) {
	for range 100 {
		n, err := 0, f.failed
		if err == nil {
			n, err = f.reader.Read(p)
		}
		switch {
		case n > 0:
			f.failed = err
			return n, nil
		case err == io.EOF:
			return 0, nil
		case err != nil:
			return 0, err
		}
	}
	return 0, io.ErrNoProgress
}

// Close closes the file, but no io.Reader.
func (f *File) Close() error {
	if f.reader != nil {
		return nil
	}
	f.dropCache(1)
	return f.handle.close()
}

// standsForDescriptor reports whether a name means what this process has open as some
// descriptor.
func standsForDescriptor(name string) bool {
	if !strings.HasPrefix(name, "/") || !strings.HasSuffix(name, "/stdin") && !strings.Contains(name, "/fd/") {
		return false // nearly every name
	}
	_, below := descriptor.Below(name)
	return below || path.Clean(name) == descriptor.Stdin
}

// eofAtZero turns the result of read(2) into that of an io.Reader.
func eofAtZero(n, room int, err error) (int, error) {
	if n == 0 && err == nil && room > 0 {
		return 0, io.EOF
	}
	return n, err
}

// A Descriptor is an open descriptor that the caller owns, such as standard input. It
// reads from the current offset. Systems other than Unix have only standard input.
type Descriptor int

// Read is one read(2). At the end it returns 0, io.EOF.
func (d Descriptor) Read(p []byte) (int, error) {
	n, err := d.read(p)
	return eofAtZero(n, len(p), err)
}

// Identity returns the ID of the regular file that is open as descriptor fd. ok is
// false for anything else, and on systems other than Unix.
func Identity(fd int) (id ID, ok bool) { return identity(fd) }

// OutOfDescriptors reports whether an open failed because there are too few
// descriptors, so that it may succeed when another file has been closed.
func OutOfDescriptors(err error) bool { return fdlimit.Exhausted(err) }
