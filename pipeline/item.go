package pipeline

import (
	"context"
	"io"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/reader"
)

// An Item is one thing to read, or a marker that keeps its place among them. What it
// points to is the source's, and must stay as it is until the result is out.
type Item struct {
	// Name is the file's name, opened as it is. With Reader it is only a label.
	Name string
	// In is the directory in which Name is looked up; nil is the working directory.
	// It must stay open until the result is out.
	In *reader.Dir
	// Below is how many bytes at the beginning of Name lead to that directory, and are
	// left out when the file is opened.
	Below int
	// Listed says that a directory lists the file as a regular one. It is not
	// looked at before it is opened, and if it is anything else by then, the
	// error is reader.ErrNotRegular.
	Listed bool
	// Device is that of the directory which lists it, or 0 if it isn't known.
	Device uint64
	// Reader, if not nil, is read to its end in place of a file, by one goroutine. It
	// is not closed. The memory that it fills is the run's, BufferSize bytes and a few
	// more, and must not be used behind Read: it may have another's bytes by then, or
	// be gone.
	Reader io.Reader
	// Barrier makes the item one whatever it is: see the package comment.
	// Standard input wants it.
	Barrier bool
	// Marker says that there is nothing to read. The item comes out in its
	// place with neither digest nor error.
	Marker bool
	// Algorithms are what to compute in one pass, each once; none means that of
	// the run's Options.
	Algorithms []*hasher.Algorithm
	// First, if it isn't 0, is how many of Algorithms are computed in that pass. If
	// their digests are not Enough, the file is read a second time, for all the
	// others together. What can't be read twice, because it is a barrier or no
	// regular file, is read once for all of them: First is 0 in its result.
	//
	// The second pass opens the name again. If what it stands for then is no
	// regular file, or can't be read, there are no more digests.
	First int
	// Enough is asked after the first pass, if First isn't 0, whether the digests so
	// far are all that is wanted. It is called by a goroutine that hashes, while
	// others use the source and the sink, and must not wait.
	Enough func(r *Result) bool
	// Data is the caller's and comes out with the result.
	Data any
}

// path is what the file is opened by.
func (i *Item) path() string { return i.Name[i.Below:] }

// A Result is what became of an item.
type Result struct {
	Item
	// Digest is nil for a marker or when Err is set. Its memory, and that of Digests,
	// is the run's.
	Digest []byte
	// Digests are those of Item.Algorithms, in order, the first of which is
	// Digest; nil if there are none. They are only the First if there was no
	// second pass, or it failed.
	Digests [][]byte
	// Err is why there is no digest: of a file the bare error of the system, a
	// syscall.Errno, or one of package reader; of a Reader what it returned.
	Err error
	// Opened says that the file was open, or the Reader read, when Err came.
	Opened bool
	// Excluded is which file it is, if Err is ErrExcluded or ErrReserved.
	Excluded reader.ID
}

// A Source names the items, in order.
type Source interface {
	// Next returns the next item, and io.EOF after the last. Any other error
	// ends the run in its place: what came before is still delivered, and Run
	// returns it.
	//
	// Next is called by one goroutine at a time. It may wait (for the next line
	// of a manifest, say); what was already handed out goes on meanwhile. A
	// source that opens files of its own asks the run first.
	Next(ctx context.Context, run RunControl) (Item, error)
}

// A Source that has Arrived tells by it whether Next would return at once: without
// waiting for anybody, be it for the next line of a pipe or for the items so far. Small
// files that come one behind the other without waiting are read together. Arrived is
// called like Next.
type arriving interface{ Arrived() bool }

// Arrived reports whether a source has its next item there already, as far as it
// tells.
func Arrived(src Source) bool {
	a, ok := src.(arriving)
	return ok && a.Arrived()
}

// A RunControl is what a source may do beside naming items. Any goroutine may use it,
// until the run has ended.
type RunControl struct {
	Barrier
	Descriptors Descriptors
	Threads     Threads
}

// A Barrier lets a source wait for the items that it has handed out, before it does
// something that must not overtake them. Both methods return false when the run is being
// cancelled.
type Barrier interface {
	// AwaitOpenable waits until each of them is known to be no barrier, or was one and
	// is over: from then on an ordinary file may be opened beside them.
	AwaitOpenable() bool
	// AwaitWritten waits until the result of each has been written.
	AwaitWritten() bool
}

// Descriptors count what is open. An item that finds no descriptor left waits until
// something that was counted is closed.
type Descriptors interface {
	// Acquire is called before something is opened for a moment, beside what a source
	// may keep open, and Release after it was closed.
	Acquire()
	Release()
	// Retry calls open, which opens something for a moment: again and again, if it
	// fails for want of a descriptor, as long as items have files open. When open
	// succeeded, Release is to be called. A sink may retry as well: the items whose
	// files it waits for don't wait for it.
	Retry(open func() error) error
}

// Threads count the goroutines that may sleep in system calls, each of which takes a
// thread.
type Threads interface {
	// Take asks for n more, all or none, and Give says that n of them have ended.
	Take(n int) bool
	Give(n int)
}

// A Sink takes the results.
type Sink interface {
	// Result takes the next result, in order. r and what it points to are the
	// sink's only during the call. An error ends the run; Run returns it.
	Result(r *Result) error
	// Flush writes what the sink still holds of earlier results. It is called
	// when no further result is ready, so a sink that writes many results
	// together holds back none of them.
	Flush() error
}

// Items returns a source of these items.
func Items(items ...Item) Source {
	return &listSource[Item]{items, func(item Item) Item { return item }}
}

// Names returns a source of files.
func Names(names ...string) Source {
	return &listSource[string]{names, func(name string) Item { return Item{Name: name} }}
}

type listSource[T any] struct {
	rest []T
	item func(T) Item
}

// Arrived tells that nothing is waited for.
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
