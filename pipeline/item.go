package pipeline

import (
	"context"
	"io"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/reader"
)

// An Item is one thing to read, or a marker that keeps its place among the results.
// What it points to belongs to the source and must not change until its result is out.
type Item struct {
	// Name is the name of the file to open, unchanged. With Reader it is only a label.
	Name string
	// In is the directory in which Name is looked up; nil is the working directory.
	// It must stay open until the result is out.
	In *reader.Dir
	// Below is the length in bytes of the prefix of Name that leads to In. It is left out
	// when the file is opened.
	Below int
	// Listed says that a directory lists the file as a regular one. It is not looked at
	// before it is opened. If it turns out to be anything else, the error is
	// reader.ErrNotRegular.
	Listed bool
	// Device is the device number of the directory that lists the file, or 0 if it isn't
	// known.
	Device uint64
	// Reader, if not nil, is read to its end instead of a file, by one goroutine. It is
	// not closed. The buffer passed to Read belongs to the run and is a little larger than
	// BufferSize. It must not be used after Read returns: it may be reused or unmapped.
	Reader io.Reader
	// Barrier makes the item a barrier, whatever it names: see the package comment. Set it
	// for standard input.
	Barrier bool
	// Marker says that there is nothing to read. The item is delivered in its place with
	// neither digest nor error.
	Marker bool
	// Algorithms are the algorithms to compute in one pass, without duplicates. If there
	// are none, the run's Options.Algorithm is used.
	Algorithms []*hasher.Algorithm
	// First, if not 0, is how many of Algorithms are computed in the first pass. If their
	// digests are not Enough, the file is read a second time for all the others together.
	// What can't be read twice, a barrier or anything but a regular file, is read once for
	// all of them, and First is 0 in its result.
	//
	// The second pass opens the name again. If it then names no regular file, or can't be
	// read, there are no further digests.
	First int
	// Enough reports, after the first pass, whether the digests so far suffice. It must be
	// set if First isn't 0. It is called by a goroutine that hashes, concurrently with the
	// source and the sink, and must not block.
	Enough func(r *Result) bool
	// Data is the caller's, and is returned with the result.
	Data any
}

// path returns the name that the file is opened by, relative to In.
func (i *Item) path() string { return i.Name[i.Below:] }

// A Result is the outcome of an item.
type Result struct {
	Item
	// Digest is nil for a marker or if Err is set. Its memory, and that of Digests,
	// belongs to the run.
	Digest []byte
	// Digests are the digests of Item.Algorithms, in order; the first is Digest. It is nil
	// if Item.Algorithms is empty, and has only First elements if there was no second pass
	// or it failed.
	Digests [][]byte
	// Err is why there is no digest. For a file it is the bare error of the system, a
	// syscall.Errno, or one of package reader; for a Reader it is what Read returned.
	Err error
	// Opened reports whether the file was open, or the Reader read, when Err occurred.
	Opened bool
	// Excluded identifies the file, if Err is ErrExcluded or ErrReserved.
	Excluded reader.ID
}

// A Source names the items, in order.
type Source interface {
	// Next returns the next item, and io.EOF after the last. Any other error ends the run
	// at that place: earlier items are still delivered, and then Run returns the error.
	//
	// Next is called by one goroutine at a time. It may block, for example for the next
	// line of a manifest; items already returned are processed meanwhile. A source that
	// opens files itself must account for them through run.
	Next(ctx context.Context, run RunControl) (Item, error)
}

// arriving may be implemented by a Source. Arrived reports whether Next would return at
// once, without waiting for input or for earlier items. Small files that arrive
// together are read together. Arrived is called by the same goroutine as Next.
type arriving interface{ Arrived() bool }

// Arrived reports whether src says that its next item is available without waiting.
func Arrived(src Source) bool {
	a, ok := src.(arriving)
	return ok && a.Arrived()
}

// A RunControl is a source's access to the run. It may be used by any goroutine until
// the run has ended.
type RunControl struct {
	Barrier
	Descriptors Descriptors
	Threads     Threads
}

// A Barrier lets a source wait for the items that it has returned, before it does
// something that must not overtake them. Both methods return false if the run is being
// cancelled.
type Barrier interface {
	// AwaitOpenable waits until each item is known to be no barrier, or was one and has
	// been written. From then on an ordinary file may be opened concurrently with them.
	AwaitOpenable() bool
	// AwaitWritten waits until the result of each item has been written.
	AwaitWritten() bool
}

// Descriptors counts open descriptors. An item that finds none left waits until a
// counted one is released.
type Descriptors interface {
	// Acquire must be called before something is opened briefly, beyond what a source
	// keeps open, and Release after it was closed.
	Acquire()
	Release()
	// Retry calls open, which opens something briefly. While open fails because no
	// descriptor is left and items have files open, Retry calls it again. After success
	// the caller must call Release. A sink may use Retry as well: the items whose files it
	// waits for don't wait for the sink.
	Retry(open func() error) error
}

// Threads counts the goroutines that may sleep in system calls. Each occupies a thread.
type Threads interface {
	// Take asks for n more, all or none, and reports whether they were granted. Give
	// returns n of them when they have ended.
	Take(n int) bool
	Give(n int)
}

// A Sink receives the results.
type Sink interface {
	// Result receives the next result, in order. r and what it points to are valid only
	// during the call. An error ends the run, and Run returns it.
	Result(r *Result) error
	// Flush writes what the sink still buffers of earlier results. It is called when no
	// further result is ready, so a sink that buffers output delays none of it.
	Flush() error
}

// Items returns a source of these items.
func Items(items ...Item) Source {
	return &listSource[Item]{items, func(item Item) Item { return item }}
}

// Names returns a source of the named files.
func Names(names ...string) Source {
	return &listSource[string]{names, func(name string) Item { return Item{Name: name} }}
}

type listSource[T any] struct {
	rest []T
	item func(T) Item
}

// Arrived returns true: nothing is waited for.
func (s *listSource[T]) Arrived() bool { return true }

// Next implements Source.
func (s *listSource[T]) Next(context.Context, RunControl) (Item, error) {
	if len(s.rest) == 0 {
		return Item{}, io.EOF
	}
	next := s.rest[0]
	s.rest = s.rest[1:]
	return s.item(next), nil
}
