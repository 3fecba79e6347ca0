package pipeline

import (
	"sync"

	"github.com/psha1sum/psha1sum/reader"
)

// descriptors opens files and makes do with as many descriptors as the system
// gives: a file that can't be opened for want of one is opened when another of
// this run's files was closed.
type descriptors struct {
	late sync.Mutex // held by the one that waits for a descriptor; the others queue

	mu    sync.Mutex
	freed sync.Cond // gone moved
	held  int       // files of this run that are open, or being opened
	gone  uint64    // how often held went down
}

func newDescriptors() *descriptors {
	d := &descriptors{}
	d.freed.L = &d.mu
	return d
}

// openFile opens a file. Only if no file of this run is open is the want of a
// descriptor an error.
func (d *descriptors) openFile(item *Item, info reader.Info) (f reader.File, err error) {
	err = d.insist(func() error {
		f, err = item.In.Open(item.path(), info)
		return err
	})
	return f, err
}

// look looks at a file. Where that takes a descriptor for a moment, it makes do
// like openFile.
func (d *descriptors) look(item *Item) (info reader.Info) {
	if !item.In.LooksByOpening() {
		return item.In.Stat(item.path())
	}
	err := d.insist(func() (err error) {
		info, err = item.In.Look(item.path())
		return err
	})
	if err == nil {
		d.closed()
	}
	return info
}

// insist calls open, again and again if it takes that for want of a descriptor.
// When open succeeded, d.closed is to be called for what was opened.
func (d *descriptors) insist(open func() error) error {
	err := d.try(open)
	if err == nil || !reader.OutOfDescriptors(err) {
		return err
	}
	d.late.Lock()
	defer d.late.Unlock()
	for {
		seen := d.now()
		err = d.try(open)
		if err == nil || !reader.OutOfDescriptors(err) || !d.awaitFreed(seen+1) {
			return err
		}
	}
}

// try counts the file before it is opened: nobody may see a descriptor in use
// and no file that it belongs to.
func (d *descriptors) try(open func() error) error {
	d.opened()
	err := open()
	if err != nil {
		d.closed()
	}
	return err
}

func (d *descriptors) now() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.gone
}

// awaitFreed waits until more files than seen are gone. It returns false if
// there is none left to wait for.
func (d *descriptors) awaitFreed(seen uint64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.gone == seen && d.held > 0 {
		d.freed.Wait()
	}
	return d.gone > seen
}

// opened says that a file of this run is being opened by other means.
func (d *descriptors) opened() {
	d.mu.Lock()
	d.held++
	d.mu.Unlock()
}

// closed says that a file of this run was closed.
func (d *descriptors) closed() {
	d.mu.Lock()
	d.held--
	d.gone++
	d.mu.Unlock()
	d.freed.Signal() // only the holder of late waits
}
