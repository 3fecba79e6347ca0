// Package tree walks directories, many at a time, and delivers what it finds in
// order.
//
// The order is that of find DIR | LC_ALL=C sort: paths are compared byte by byte,
// slashes included, so "a-b" comes before "a/b" and "a.b" between them. It does
// not depend on the file system, nor on who else is at work.
//
//	root, err := reader.OpenDir(nil, "dir", reader.NoLinks)
//	...
//	w := tree.New("dir", root, tree.Options{})
//	defer w.Close()
//	for {
//		e, err := w.Next()
//		if err == io.EOF {
//			break
//		}
//		fmt.Println(e.Path)
//	}
//
// # Ahead
//
// While the caller takes entries, the directories that come next in the order are
// listed and sorted, up to [maxListing] at a time: on storage that isn't in memory
// the listings are what a walk waits for. The first entry is delivered when the
// directories that lead to it have been listed.
//
// # Memory
//
// What is kept is the listings of the directories that lead to the present one,
// and of those ahead at most [maxAhead] entries: it grows with the largest
// directory, and with the depth, but not with the tree.
//
// # Change
//
// Each directory is listed once, at some time during the walk. What others rename
// or remove meanwhile is found where it was, or nowhere, or in both places; the
// walk always ends, because without Options.Follow it goes down no link, and with
// it into no directory that it is already in.
package tree

import (
	"io"
	"slices"
	"strings"

	"github.com/psha1sum/psha1sum/reader"
)

// Options say how to walk. The zero value walks all of a tree but what links lead
// to.
type Options struct {
	// Follow has links followed. Where one leads back to a directory that
	// contains it, the entry's error is ErrLoop.
	Follow bool
	// OneFileSystem keeps out of directories on another file system than the
	// root's.
	OneFileSystem bool
	// Identify has each entry tell which directory it is in, Entry.In.
	Identify bool
	// Skip leaves out a path below the root, and if it is a directory all that is
	// below it. It is called by several goroutines.
	Skip func(path string, dir bool) bool
	// Opening and Closed, if not nil, are called before a directory is opened and
	// after it was closed, by several goroutines.
	Opening, Closed func()
	// Another, if not nil, is asked before a directory is listed ahead, which takes
	// a thread if storage is slow, and says whether it may be; Ended is called after
	// that. Both are called by several goroutines.
	Another func() bool
	Ended   func()
	// Retry is called, by Next's goroutine, when a directory can't be listed, and
	// says whether to try once more.
	Retry func(err error) bool
}

// An Entry is something that was found: anything but directories.
type Entry struct {
	// Path is the root's name, a slash, and the path from there.
	Path string
	reader.Entry
	// Device is that of the directory which lists it.
	Device uint64
	// In is that directory, with Options.Identify and as far as it is known.
	In reader.DirectoryID
	// Err says why a directory, which Path leads to then, was not or not wholly
	// listed: the bare error of the system, or ErrLoop.
	Err error
}

// A Walker walks one tree. Its methods are called by one goroutine at a time.
type Walker struct {
	ahead *ahead
	begun bool
	path  []*directory // from the root to where the walk is; empty at the end
}

// New begins a walk below root, which must stay open until Close. Paths begin with
// name, and a slash unless name ends with one.
func New(name string, root *reader.Dir, opt Options) *Walker {
	prefix := name
	if !strings.HasSuffix(name, "/") {
		prefix += "/"
	}
	return &Walker{ahead: &ahead{name: name, prefix: prefix, root: root, opt: opt}}
}

// Prefix returns what all paths begin with.
func (w *Walker) Prefix() string { return w.ahead.prefix }

// Close ends the walk and waits for what it still had begun.
func (w *Walker) Close() { w.ahead.close() }

// Next returns the next entry, and io.EOF behind the last.
func (w *Walker) Next() (Entry, error) {
	if !w.begun {
		w.begun = true
		w.enter(&directory{prefix: w.ahead.prefix})
	}
	for len(w.path) > 0 {
		d := w.path[len(w.path)-1]
		if d.err != nil {
			err := d.err
			d.err = nil
			return Entry{Path: w.ahead.nameOf(d), Entry: reader.Entry{Type: reader.Directory}, Err: err}, nil
		}
		if d.next == len(d.entries) {
			w.path = w.path[:len(w.path)-1]
			continue
		}
		e := &d.entries[d.next]
		d.next++
		if e.Type == reader.Directory {
			w.enter(w.ahead.take(d))
			continue
		}
		return Entry{Path: d.prefix + e.Name, Entry: *e, Device: d.id.Device, In: d.which}, nil
	}
	return Entry{}, io.EOF
}

// Upcoming returns the type of the next entry, if Next would return it without waiting
// for a directory to be listed. It doesn't look behind empty ones.
func (w *Walker) Upcoming() (reader.Type, bool) {
	for _, d := range slices.Backward(w.path) {
		switch {
		case d.err != nil:
			return reader.Directory, true
		case d.next == len(d.entries):
			continue
		case d.entries[d.next].Type == reader.Directory:
			return w.ahead.upcoming(d)
		}
		return d.entries[d.next].Type, true
	}
	return 0, false
}

// Lists reports whether the directory in which the last entry is has one of that name,
// skipped ones and directories included. It is for Options.Identify.
func (w *Walker) Lists(name string) bool {
	d := w.path[len(w.path)-1]
	for _, as := range []reader.Type{reader.RegularFile, reader.Directory} {
		if _, found := slices.BinarySearchFunc(d.entries, reader.Entry{Name: name, Type: as}, compare); found {
			return true
		}
	}
	_, found := slices.BinarySearch(d.skipped, name)
	return found
}

// enter goes into a directory.
func (w *Walker) enter(d *directory) {
	w.ahead.enter(d)
	w.path = append(w.path, d)
}
