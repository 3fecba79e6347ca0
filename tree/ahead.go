package tree

import (
	"slices"
	"strings"
	"sync"

	"github.com/psha1sum/psha1sum/reader"
)

const (
	// maxListing is how many directories are listed at a time.
	maxListing = 16
	// maxAhead is how many entries there may be in directories that were listed
	// before the walk came to them, or are being.
	maxAhead = 1 << 16
	// maxEach is how many of a single one: all that are listed at a time may be
	// as large.
	maxEach = maxAhead / maxListing
	// maxWaiting is how many such directories there may be.
	maxWaiting = 256
)

// A state is how far the listing of a directory is.
type state uint8

const (
	unlisted state = iota
	listing
	listed
	// notAhead is a directory that could not be listed ahead, being too large or
	// for another reason, which will be seen when the walk comes to it.
	notAhead
)

// ahead lists directories before the walk comes to them.
type ahead struct {
	name   string // of the root
	prefix string // of all paths
	root   *reader.Dir
	opt    Options

	mu      sync.Mutex
	current *directory // where the walk is
	listing int        // directories that are being listed ahead
	waiting int        // directories that were, or could not be, and the walk has not come to
	entries int        // in those
	alone   bool       // nothing more is to be listed ahead for now
	closed  bool
	running sync.WaitGroup
}

// nameOf returns the directory's own path.
func (a *ahead) nameOf(d *directory) string {
	if d.parent == nil {
		return a.name
	}
	return d.prefix[:len(d.prefix)-1]
}

// close ends the listing, and waits for what has begun.
func (a *ahead) close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.running.Wait()
}

// enter says that the walk has come to d, and returns when it is listed.
func (a *ahead) enter(d *directory) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.current = d
	a.schedule()
	if d.state == listing {
		a.mu.Unlock()
		<-d.done
		a.mu.Lock()
	}
	if d.state != unlisted {
		a.waiting--
		a.entries -= len(d.entries)
	}
	if d.state != listed {
		d.state = listing
		a.mu.Unlock()
		a.listNow(d)
		a.mu.Lock()
		d.state = listed
	}
	a.schedule()
}

// listNow lists the directory to which the walk has come. When it tries once more,
// what lists ahead doesn't take again what it was short of.
func (a *ahead) listNow(d *directory) {
	a.list(d, 0)
	if d.err == nil || a.opt.Retry == nil || !a.opt.Retry(d.err) {
		return
	}
	a.keepAlone(true)
	defer a.keepAlone(false)
	a.running.Wait()
	d.entries, d.err = nil, nil
	a.list(d, 0)
}

func (a *ahead) keepAlone(alone bool) {
	a.mu.Lock()
	a.alone = alone
	a.mu.Unlock()
}

// take removes the first directory of d to which the walk has not come.
func (a *ahead) take(d *directory) *directory {
	a.mu.Lock()
	defer a.mu.Unlock()
	first := d.child(0)
	d.known = d.known[1:]
	return first
}

// upcoming returns the type of the first entry of the first directory of d to which the
// walk has not come, or of the first directory in that, and so on, if all of them were
// listed.
func (a *ahead) upcoming(d *directory) (reader.Type, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for {
		d = d.child(0)
		switch {
		case d.state != listed || len(d.entries) == 0:
			return 0, false
		case d.entries[0].Type != reader.Directory:
			return d.entries[0].Type, true
		}
	}
}

// schedule begins to list what comes next in the order of the walk, as far as it
// is known and there is room. a.mu is held.
func (a *ahead) schedule() {
	for d := a.current; d != nil && a.scheduleBelow(d); d = d.parent {
	}
}

// scheduleBelow does that for what is below d, and reports whether there is still
// room.
func (a *ahead) scheduleBelow(d *directory) bool {
	if d.state != listed {
		return true
	}
	for i := 0; a.room(); i++ {
		child := d.child(i)
		switch {
		case child == nil:
			return true
		case child.state == unlisted:
			if a.opt.Another != nil && !a.opt.Another() {
				return false
			}
			a.begin(child)
		case !a.scheduleBelow(child):
			return false
		}
	}
	return false
}

func (a *ahead) room() bool {
	return !a.closed && !a.alone && a.listing < maxListing && a.listing+a.waiting < maxWaiting &&
		a.entries+(a.listing+1)*maxEach <= maxAhead
}

// begin begins to list a directory. a.mu is held.
func (a *ahead) begin(d *directory) {
	d.state = listing
	d.done = make(chan struct{})
	a.listing++
	a.running.Go(func() {
		a.list(d, maxEach)
		if a.opt.Another != nil {
			a.opt.Ended()
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.listing--
		a.waiting++
		if d.err == nil {
			d.state = listed
			a.entries += len(d.entries)
		} else {
			d.state = notAhead
			d.entries, d.err = nil, nil
		}
		close(d.done)
		a.schedule()
	})
}

// list lists a directory, which may have so many entries at the most if that isn't
// 0. It is called once at a time for each directory, without a.mu.
func (a *ahead) list(d *directory, most int) {
	opt := &a.opt
	if opt.Opening != nil {
		opt.Opening()
	}
	path := strings.TrimSuffix(d.prefix[len(a.prefix):], "/")
	loop := false
	how := reader.Listing{Follow: opt.Follow, Most: most, Unless: func(id reader.ID) bool {
		loop = d.within(id)
		return loop || opt.OneFileSystem && d.parent != nil && id.Device != d.parent.id.Device
	}}
	if opt.Identify {
		if d.parent != nil {
			how.Near = d.parent.which
		}
		how.Identified = func(which reader.DirectoryID) { d.which = which }
	}
	entries, id, err := a.root.List(path, how)
	if opt.Closed != nil {
		opt.Closed()
	}
	if loop {
		err = ErrLoop
	}
	d.id, d.err = id, err
	d.skipped = nil
	if opt.Skip != nil {
		entries = slices.DeleteFunc(entries, func(e reader.Entry) bool {
			skip := opt.Skip(d.prefix[len(a.prefix):]+e.Name, e.Type == reader.Directory)
			if skip && opt.Identify {
				d.skipped = append(d.skipped, e.Name)
			}
			return skip
		})
		slices.Sort(d.skipped)
	}
	slices.SortFunc(entries, compare)
	d.entries = entries
}
