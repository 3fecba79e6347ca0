package main

import (
	"fmt"
	"path/filepath"
)

// fitsOnDisk returns errSkipped if the missing files would fill the disk, with an
// eighth kept free for manifests, outputs and others. The parent directory of dir must
// exist.
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

// diskRoom is the space that a file system has left for this user.
type diskRoom struct{ bytes, files int64 }
