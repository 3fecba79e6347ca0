package tree

import (
	"slices"
	"strings"
	"sync"

	"github.com/psha1sum/psha1sum/reader"
)

const (
	// maxListing is the maximum number of directories that are listed concurrently.
	maxListing = 16
	// maxAhead is the maximum number of entries in directories that were listed ahead
	// of the walk or are being listed.
	maxAhead = 1 << 16
	// maxEach is the maximum for one directory, so that maxListing such directories
	// fit.
	maxEach = maxAhead / maxListing
	// maxWaiting is the maximum number of directories listed ahead.
	maxWaiting = 256
)

// A state is the state of a directory's listing.
type state uint8

const (
	unlisted state = iota
	listing
	listed
	// notAhead is a directory that could not be listed ahead: it is too large, or there
	// was an error. The walk lists it again when it gets there.
	notAhead
)

// ahead lists directories before the walk reaches them.
type ahead struct {
	name   string // path of the root
	prefix string // prefix of all paths
	root   *reader.Dir
	opt    Options

	mu      sync.Mutex
	current *directory // directory that the walk is in
	listing int        // directories being listed ahead
	waiting int        // directories listed ahead, or that could not be, which the walk has not reached
	entries int        // entries in those
	alone   bool       // don't start further listings for now
	closed  bool
	running sync.WaitGroup
}

// nameOf returns the path of the directory.
func (a *ahead) nameOf(d *directory) string {
	if d.parent == nil {
		return a.name
	}
	return d.prefix[:len(d.prefix)-1]
}

// close stops listing and waits for listings in progress.
func (a *ahead) close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.running.Wait()
}

// enter is called when the walk reaches d, and returns when d is listed.
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

// listNow lists the directory that the walk has reached. While it retries, nothing is
// listed ahead, so that the resource that ran out stays available.
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

// take removes the first directory in d that the walk has not reached.
func (a *ahead) take(d *directory) *directory {
	a.mu.Lock()
	defer a.mu.Unlock()
	first := d.child(0)
	d.known = d.known[1:]
	return first
}

// upcoming returns the type of the entry that the walk will deliver when it enters the
// first remaining directory of d, and directories that come first in that, if all of
// them have been listed.
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

// schedule starts to list the directories that come next in the walk, as far as they
// are known and within the limits. a.mu is held.
func (a *ahead) schedule() {
	for d := a.current; d != nil && a.scheduleBelow(d); d = d.parent {
	}
}

// scheduleBelow does so for the directories below d and reports whether the limits
// allow more.
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

// begin starts to list a directory. a.mu is held.
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

// list lists a directory, with an error if it has more than most entries and most is
// not 0. It is called without a.mu, by one goroutine at a time for each directory.
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
