package main

import (
	"fmt"
	"path/filepath"
)

// fitsOnDisk returns errSkipped if the files that are missing below dir would
// fill the disk: an eighth more is kept free for manifests, outputs and everybody
// else. The directory above dir must exist.
func (d dataset) fitsOnDisk(dir string) error {
	files, space, err := d.missing(dir)
	if err != nil || files == 0 {
		return err
	}
	parent := filepath.Dir(dir)
	room, err := freeSpace(parent)
	if err != nil {
		return fmt.Errorf("free space of %s: %w", parent, err)
	}
	if needed := space + space/8; needed > room.bytes {
		return fmt.Errorf("%w: the files need %d MiB of disk, %s has %d MiB", errSkipped, needed>>20, parent, room.bytes>>20)
	}
	if files > room.files {
		return fmt.Errorf("%w: %s has room for %d more files, not %d", errSkipped, parent, room.files, files)
	}
	return nil
}

// diskRoom is what a file system has left for this user.
type diskRoom struct{ bytes, files int64 }
