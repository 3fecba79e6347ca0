//go:build linux || darwin || freebsd

package main

import (
	"math"

	"golang.org/x/sys/unix"
)

// freeSpace returns the free space of a directory's file system.
func freeSpace(dir string) (diskRoom, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return diskRoom{}, err
	}
	room := diskRoom{bytes: int64(stat.Bavail) * int64(stat.Bsize), files: int64(stat.Ffree)}
	if stat.Files == 0 { // Btrfs and others create inodes as needed
		room.files = math.MaxInt64
	}
	return room, nil
}
