package main

import (
	"fmt"
	"sync/atomic"
)

// residentShare is the part of the files' pages that may be left in the page
// cache when it is called cold.
const residentShare = 0.02

// chill drops the files below dir from the page cache and makes sure that they
// are gone. It returns errSkipped where they don't go: the files are in memory
// anyway (tmpfs), somebody else has them mapped, the system has no such call.
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
