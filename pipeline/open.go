package pipeline

import (
	"io"
	"slices"
	"sync/atomic"

	"github.com/psha1sum/psha1sum/reader"
)

// awaitTurn looks at the slot's item and waits until it may be opened. It
// returns false when the run is being cancelled.
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

// withheld is the error of a file that is not to be read.
func (r *run) withheld(info reader.Info) error {
	switch {
	case isOneOf(r.excluded, info):
		return ErrExcluded
	case isOneOf(r.reserved, info):
		return ErrReserved
	}
	return nil
}

// isOneOf looks for a file among others by its identity, if that is known: a file
// system may give every file the number 0.
func isOneOf(files []reader.ID, info reader.Info) bool {
	return info.ID.Inode != 0 && slices.Contains(files, info.ID)
}

// open opens what an item stands for.
func (r *run) open(item *Item, info reader.Info) (reader.File, error) {
	if item.Reader != nil {
		return reader.From(&abortable{item.Reader, &r.aborted}), nil
	}
	if info.Kind == reader.Sequential {
		r.descriptors.StartTimers() // or the first sleep has descriptors for a moment
	}
	f, err := r.openFile(item, info)
	if err == nil {
		r.io.prepare(&f, info)
	}
	return f, err
}

// openFile opens a file. Only if no file of this process is open is the want of a
// descriptor an error.
func (r *run) openFile(item *Item, info reader.Info) (f reader.File, err error) {
	err = r.descriptors.Retry(func() error {
		f, err = item.In.Open(item.path(), info)
		return err
	})
	return f, err
}

// look looks at a file. Where that takes a descriptor for a moment, it makes do like
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

// An abortable is a reader that comes to an end when the run does, however
// little it gives at a time.
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
