package pipeline

import (
	"io"
	"slices"
	"sync/atomic"

	"github.com/psha1sum/psha1sum/reader"
)

// awaitTurn looks at the slot's item and waits until it may be opened. It returns false
// if the run is being cancelled.
func (r *run) awaitTurn(s *slot) (reader.Info, bool) {
	item := &s.result.Item
	for {
		epoch := r.window.now()
		var info reader.Info
		switch {
		case item.Listed:
			info = reader.FromDirent()
		case item.Reader == nil:
			info = r.look(item)
		}
		switch r.window.awaitTurn(s, epoch, r.isBarrier(item, info)) {
		case goAhead:
			return info, true
		case runCancelled:
			return info, false
		}
	}
}

func (r *run) isBarrier(item *Item, info reader.Info) bool {
	return item.Barrier || info.Kind == reader.Sequential || isOneOf(r.barriers, info)
}

// withheld returns the error of a file that must not be read, or nil.
func (r *run) withheld(info reader.Info) error {
	switch {
	case isOneOf(r.excluded, info):
		return ErrExcluded
	case isOneOf(r.reserved, info):
		return ErrReserved
	}
	return nil
}

// isOneOf reports whether a file is among others, by its identity. Inode number 0 means
// unknown: some file systems give it to every file.
func isOneOf(files []reader.ID, info reader.Info) bool {
	return info.ID.Inode != 0 && slices.Contains(files, info.ID)
}

// open opens an item's file, or wraps its Reader.
func (r *run) open(item *Item, info reader.Info) (reader.File, error) {
	if item.Reader != nil {
		return reader.From(&abortable{item.Reader, &r.aborted}), nil
	}
	if info.Kind == reader.Sequential {
		r.descriptors.StartTimers() // or the first sleep would briefly take descriptors
	}
	f, err := r.openFile(item, info)
	if err == nil {
		r.io.prepare(&f, info)
	}
	return f, err
}

// openFile opens a file. If no descriptor is left it waits for one; that is an error
// only if no file of this process is open.
func (r *run) openFile(item *Item, info reader.Info) (f reader.File, err error) {
	err = r.descriptors.Retry(func() error {
		f, err = item.In.Open(item.path(), info)
		return err
	})
	return f, err
}

// look looks at a file. If that takes a descriptor briefly, it waits for one like
// openFile.
func (r *run) look(item *Item) (info reader.Info) {
	if !item.In.LooksByOpening() {
		return item.In.Stat(item.path())
	}
	err := r.descriptors.Retry(func() (err error) {
		info, err = item.In.Look(item.path())
		return err
	})
	if err == nil {
		r.descriptors.Release()
	}
	return info
}

// An abortable is a reader that fails once the run is aborted, even if it returns
// little data at a time.
type abortable struct {
	io.Reader
	aborted *atomic.Bool
}

func (a *abortable) Read(p []byte) (int, error) {
	if a.aborted.Load() {
		return 0, errCancelled
	}
	return a.Reader.Read(p)
}
