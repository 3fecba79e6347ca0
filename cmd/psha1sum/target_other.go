//go:build !unix

package main

import (
	"io/fs"
	"os"
)

// openExisting opens what is no regular file to write to it.
func openExisting(name string) (*os.File, error) { return os.OpenFile(name, os.O_WRONLY, 0) }

// openNew makes a file that there must not be yet.
func openNew(name string, mode fs.FileMode) (*os.File, error) {
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
}

// duplicate has nothing to do: no name stands for a descriptor here.
func duplicate(int) (*os.File, error) { return nil, fs.ErrNotExist }

// writable leaves it to the system to refuse that a file is replaced.
func writable(string) error { return nil }

// resemble does nothing: a file has its rights from its folder.
func resemble(*os.File, fs.FileInfo) {}

// syncFolder does nothing: folders can't be synced.
func syncFolder(string) error { return nil }

func fsync(f *os.File) error { return f.Sync() }
