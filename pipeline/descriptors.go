package pipeline

import "github.com/psha1sum/psha1sum/reader"

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
