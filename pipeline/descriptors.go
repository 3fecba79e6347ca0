package pipeline

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/psha1sum/psha1sum/reader"
)

// descriptors opens files and makes do with as many descriptors as the system
// gives: a file that can't be opened for want of one is opened when another of
// this run's files was closed.
type descriptors struct {
	open    atomic.Int64 // files of this run that are open
	closes  atomic.Uint64
	waiters atomic.Int64
	mu      sync.Mutex
	freed   sync.Cond
}

func newDescriptors() *descriptors {
	d := &descriptors{}
	d.freed.L = &d.mu
	return d
}

// openFile opens a file. Only if no file of this run is open is the want of a
// descriptor an error.
func (d *descriptors) openFile(name string, info reader.Info) (reader.File, error) {
	f, err := reader.Open(name, info)
	if err != nil && OutOfDescriptors(err) {
		f, err = d.openLater(name, info)
	}
	if err == nil {
		d.open.Add(1)
	}
	return f, err
}

func (d *descriptors) openLater(name string, info reader.Info) (reader.File, error) {
	d.waiters.Add(1)
	defer d.waiters.Add(-1)
	for {
		seen, others := d.closes.Load(), d.open.Load()
		f, err := reader.Open(name, info)
		if err == nil || !OutOfDescriptors(err) || others == 0 && d.closes.Load() == seen {
			return f, err
		}
		d.mu.Lock()
		for d.closes.Load() == seen {
			d.freed.Wait()
		}
		d.mu.Unlock()
	}
}

// closed says that a file of this run was closed.
func (d *descriptors) closed() {
	d.open.Add(-1)
	d.closes.Add(1)
	if d.waiters.Load() > 0 {
		d.mu.Lock()
		d.freed.Broadcast()
		d.mu.Unlock()
	}
}

// OutOfDescriptors reports whether an open failed for want of a descriptor, so
// that it may succeed when another file was closed.
func OutOfDescriptors(err error) bool {
	for _, e := range descriptorErrors {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
