// Package tree walks a directory tree, listing many directories concurrently, and
// returns its files in order.
//
// The order is that of find DIR | LC_ALL=C sort: paths are compared byte by byte,
// slashes included, so "a-b" < "a.b" < "a/b". It does not depend on the file system or
// on timing.
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
// # Listing ahead
//
// While the caller processes entries, the directories that come next are listed and
// sorted, up to [maxListing] at a time: on slow storage a walk mostly waits for
// listings. The first entry is returned as soon as the directories that lead to it have
// been listed.
//
// # Memory
//
// The walk keeps the listings of the current directory and its ancestors, and at most
// [maxAhead] entries listed ahead. Memory grows with the largest directory and the
// depth, but not with the size of the tree.
//
// # Concurrent changes
//
// Each directory is listed once during the walk. Files that are renamed meanwhile may
// be found under the old path, the new one, both or neither. The walk always ends:
// without Options.Follow it follows no links, and with it no link to an ancestor.
package tree

import (
	"io"
	"slices"
	"strings"

	"github.com/psha1sum/psha1sum/reader"
)

// Options control a walk. The zero value walks the whole tree and follows no links.
type Options struct {
	// Follow makes the walk follow links. A link to a directory that contains it gives
	// an entry with ErrLoop.
	Follow bool
	// OneFileSystem excludes directories on other file systems than the root's.
	OneFileSystem bool
	// Identify sets Entry.In.
	Identify bool
	// Skip, if not nil, excludes a path relative to the root; a directory is excluded
	// with its contents. It is called concurrently.
	Skip func(path string, dir bool) bool
	// Opening and Closed, if not nil, are called before a directory is opened and after
	// it was closed. They are called concurrently.
	Opening, Closed func()
	// Another, if not nil, is called before a directory is listed ahead, which occupies
	// a thread if storage is slow, and returns whether to do it. Ended is called after
	// the listing. Both are called concurrently.
	Another func() bool
	Ended   func()
	// Retry, if not nil, is called by Next when a directory can't be listed, and
	// returns whether to try again.
	Retry func(err error) bool
}

// An Entry is a file that was found: anything but a directory.
type Entry struct {
	// Path is the root's name, a slash, and the path relative to the root.
	Path string
	reader.Entry
	// Device is the device number of the directory that lists it.
	Device uint64
	// In identifies that directory, with Options.Identify and as far as known.
	In reader.DirectoryID
	// Err, if not nil, is why a directory, whose path is Path, could not be listed
	// completely: a bare system error, or ErrLoop.
	Err error
}

// A Walker walks one tree. Its methods must not be called concurrently.
type Walker struct {
	ahead *ahead
	begun bool
	path  []*directory // from the root to the current directory; empty at the end
}

// New returns a walk of root, which must stay open until Close. Paths begin with name,
// followed by a slash unless name ends with one.
func New(name string, root *reader.Dir, opt Options) *Walker {
	prefix := name
	if !strings.HasSuffix(name, "/") {
		prefix += "/"
	}
	return &Walker{ahead: &ahead{name: name, prefix: prefix, root: root, opt: opt}}
}

// Prefix returns the prefix of all paths.
func (w *Walker) Prefix() string { return w.ahead.prefix }

// Close ends the walk and waits for listings in progress.
func (w *Walker) Close() { w.ahead.close() }

// Next returns the next entry, or io.EOF at the end.
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
// for a listing. It does not look past empty directories, so it may return false
// although Next would not wait.
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

// Lists reports whether the directory of the last entry contains that name, including
// skipped entries and directories. It requires Options.Identify.
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

// enter descends into a directory.
func (w *Walker) enter(d *directory) {
	w.ahead.enter(d)
	w.path = append(w.path, d)
}
