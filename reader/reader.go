// Package reader opens files and reads them whole, in large pieces, with no buffer of
// its own: on Unix straight from the system, without os.File and the runtime's poller.
//
// It knows kinds of file, the rules for where a file ends, and the system's
// errors, which it hands on as they are ([syscall.Errno]). It knows nothing of
// what becomes of the bytes. Memory is always the caller's; nothing is kept
// after a call returned.
//
//	f, err := reader.Open(name, reader.Stat(name))
//	...
//	for end := false; !end; {
//		n, end, err = f.Fill(buf) // n is at least len(buf) unless the file ended
//		...
//	}
//	f.Close()
//
// What a type or a function promises stands in a file that all systems have; how a
// system does it is in unix.go, linux.go, bsd.go (every Unix but Linux), notlinux.go and
// other.go, or in a file that is named after what is done and the system.
package reader

import (
	"io"
	"path"
	"strings"

	"github.com/psha1sum/psha1sum/internal/fdlimit"
)

// Kind says how a file may be read beside others.
type Kind uint8

const (
	// Unknown is a name that can't be looked at, or doesn't exist.
	Unknown Kind = iota
	// Plain is a file that looks the same whenever it is opened: a regular
	// file, a directory, a block device.
	Plain
	// Sequential is a file where opening or reading is itself an event that
	// somebody waits for or loses data by: a FIFO, a pipe, a terminal or
	// another character device, a socket, and every name that stands for a
	// descriptor of this process.
	Sequential
)

// Info is what is known of a file before it is opened.
type Info struct {
	Kind Kind
	// Size in bytes; 0 says nothing (files in /proc and /sys say 0).
	Size int64
	// Exact says that the file ends where Size says, for whoever knows it: see
	// LocalDisks. Stat never does.
	Exact bool
	// ID is the file's identity; zero where the system has none to offer.
	ID ID

	// Directory says that it is one, and Regular that it is a regular file.
	Directory, Regular bool

	// Modified and Changed are when the contents, and anything at all about the
	// file, changed last, as the file system has it: nanoseconds since 1970, or 0
	// where the system doesn't tell. Anyone may set Modified, nobody Changed.
	Modified, Changed int64

	// mayBlock: opening it may take its time, and should (a drive closes its tray).
	mayBlock bool
	// unstatted: nothing is known but what a directory says.
	unstatted bool
}

// FromDirent is what is known of a file that a directory lists as a regular one.
func FromDirent() Info { return Info{Kind: Plain, unstatted: true} }

// Unstatted reports whether the info is that of FromDirent.
func (i Info) Unstatted() bool { return i.unstatted }

// An ID tells files apart: two names with the same ID are one file.
type ID struct{ Device, Inode uint64 }

// A File is an open file, or an io.Reader in a file's place. The zero value is
// neither. A File is used by one goroutine at a time.
type File struct {
	handle handle
	reader io.Reader // in place of handle
	failed error     // what reader said along with its last bytes
	size   int64     // what the system said; a hint, never believed alone
	exact  bool      // the file ends there, unless it changes
	device uint64    // that the file is on, or 0 if that isn't known
	read   int64     // bytes so far
	// The page cache is told to forget what was read, and was as far as dropped.
	uncached bool
	dropped  int64
	// Opened without waiting, on the word of an earlier stat: what is behind
	// the name may have been swapped for a FIFO in between.
	unverified bool
	// No read of it waits either, as far as it heeds how it was opened.
	nonblocking bool
}

// Open opens the named file for reading. info is what Stat said of it. The
// error is the bare error of the system.
//
// Opening a Sequential file waits as open(2) does, on a FIFO until it has a
// writer. So does opening a block device, or a file on which somebody holds a
// lease. Any other returns at once.
func Open(name string, info Info) (File, error) { return (*Dir)(nil).Open(name, info) }

// Stat looks at the named file without opening it, so it releases no writer of
// a FIFO. A file that can't be looked at is Unknown; the reason comes from Open.
func Stat(name string) Info { return (*Dir)(nil).Stat(name) }

// dropEvery is how many bytes are read before the page cache is told to forget
// them. The system goes by pages, and may have read several as one.
const dropEvery = 1 << 20

// Size is the file's size in bytes as far as the system has told; 0 says nothing.
func (f *File) Size() int64 { return f.size }

// BytesRead is how many bytes of it were read, or skipped.
func (f *File) BytesRead() int64 { return f.read }

// Fd is the file's descriptor, which stays the File's, or negative if there is none: of an
// io.Reader, and on systems that have none.
func (f *File) Fd() int {
	if f.reader != nil {
		return -1
	}
	return f.handle.fd()
}

// Skip has a file of which nothing was read be read from an offset on, as if what is
// in front of it had been. It returns false if that can't be done, and then the file
// is read from its beginning.
func (f *File) Skip(offset int64) bool {
	if f.reader != nil || !f.handle.seek(offset) {
		return false
	}
	f.read = offset
	return true
}

// Look looks at an open file. It is for no io.Reader.
func (f *File) Look() (Info, error) { return f.look() }

// Details looks at an open file. It is for no io.Reader.
func (f *File) Details() (Details, error) { return f.details() }

// advise tells the system what will become of the file.
func (f *File) advise() {
	if f.size >= adviseFrom {
		f.handle.adviseSequential()
	}
}

// adviseFrom is how large a file is of which the system is told that it will be
// read from beginning to end: reading further ahead pays for the call.
const adviseFrom = 1 << 20

// DropCache has the system forget what it keeps of the file, as it is read.
func (f *File) DropCache() { f.uncached = true }

// dropCache forgets what was read so far, if it is enough.
func (f *File) dropCache(enough int64) {
	if f.uncached && f.read-f.dropped >= enough {
		f.handle.dropCache(f.read)
		f.dropped = f.read
	}
}

// From returns a File that reads r. Closing it does not close r.
func From(r io.Reader) File { return File{reader: r} }

// Fill reads until buf is full or the file has ended, and says which. Once it
// has said end it must not be called again: on a terminal one end-of-file mark
// is enough. n may be 0 at the end. After an error nothing is known of the
// bytes in buf.
//
// If all that is left of a file, by its size, is as long as buf or longer but
// shorter than buf's capacity, Fill makes use of that: n is then greater than
// len(buf). So a file whose length is that of some full buffers needs no further
// read to see its end, and a short rest no buffer of its own.
//
// A file has ended when read(2) returns 0, as GNU has it; on a local disk also
// when the bytes so far are as many as a non-zero size promised and fewer than
// there was room for: see [LocalDisks]. All others, those that grew, shrank or
// never had a size, are read until nothing comes.
func (f *File) Fill(buf []byte) (n int, end bool, err error) { return f.FillFrom(buf, 0) }

// FillFrom is Fill for a buffer of which n bytes were filled before. It returns
// the number of all bytes in it. If they are more than len(buf), as a Ring may
// have read them, it is the capacity that gets full.
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

// Read is one read, for callers that want bytes as they come rather than full
// buffers. It implements io.Reader.
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
	// Nothing came from a file that should have more, or from an empty one:
	// the one case in which it matters what was really opened. Or a regular file
	// heeds that it was opened without waiting.
	if again, serr := f.retryBlocking(err); serr != nil || !again {
		return 0, serr
	}
	return f.handle.read(p)
}

// readFrom is one read from f.reader by read(2)'s rules: 0 is the end. An error
// that comes with bytes is kept for the next read, since a reader need not
// repeat it.
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

// Close gives the descriptor back. It closes no io.Reader.
func (f *File) Close() error {
	if f.reader != nil {
		return nil
	}
	f.dropCache(1)
	return f.handle.close()
}

// standsForDescriptor reports whether name is a way to write "what this process
// has open as descriptor N".
func standsForDescriptor(name string) bool {
	if !strings.HasPrefix(name, "/") || !strings.HasSuffix(name, "/stdin") && !strings.Contains(name, "/fd/") {
		return false // nearly every name
	}
	name = path.Clean(name)
	return name == "/dev/stdin" || strings.HasPrefix(name, "/dev/fd/") ||
		strings.HasPrefix(name, "/proc/self/fd/") || strings.HasPrefix(name, "/proc/thread-self/fd/")
}

// eofAtZero turns the outcome of a read(2) into that of an io.Reader.
func eofAtZero(n, room int, err error) (int, error) {
	if n == 0 && err == nil && room > 0 {
		return 0, io.EOF
	}
	return n, err
}

// A Descriptor is an open descriptor that somebody else owns, standard input
// for one. It reads from the current offset. Systems other than Unix have none but
// standard input's.
type Descriptor int

// Read is one read(2). At the end it returns 0, io.EOF as io.Reader asks.
func (d Descriptor) Read(p []byte) (int, error) {
	n, err := d.read(p)
	return eofAtZero(n, len(p), err)
}

// Identity returns the ID of the regular file that is open as descriptor fd. ok
// is false if it is anything else, and on systems other than Unix.
func Identity(fd int) (id ID, ok bool) { return identity(fd) }

// OutOfDescriptors reports whether an open failed for want of a descriptor, so
// that it may succeed when another file was closed.
func OutOfDescriptors(err error) bool { return fdlimit.Exhausted(err) }
