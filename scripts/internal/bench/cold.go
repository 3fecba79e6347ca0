package main

import (
	"fmt"
	"sync/atomic"
)

// residentShare is the fraction of pages that may remain in the page cache in a cold
// row.
const residentShare = 0.02

// chill drops the files below dir from the page cache and checks that they are gone. It
// returns errSkipped if that isn't possible: the files are in memory anyway (tmpfs),
// are mapped by another process, or the system lacks the call.
func (d dataset) chill(dir string) error {
	var left, pages atomic.Int64
	err := d.each(dir, func(_ int, path string) error {
		resident, all, err := dropFile(path)
		left.Add(resident)
		pages.Add(all)
		return err
	})
	if err != nil {
		return fmt.Errorf("%w: the page cache can't be dropped: %w", errSkipped, err)
	}
	if float64(left.Load()) > residentShare*float64(pages.Load()) {
		return fmt.Errorf("%w: the page cache can't be dropped: it still has %d of the files' %d pages",
			errSkipped, left.Load(), pages.Load())
	}
	return nil
}
