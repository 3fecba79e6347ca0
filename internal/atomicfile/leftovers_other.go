//go:build !unix

package atomicfile

import "os"

// Without flock(2), leftovers can't be distinguished from files in use.

func lock(*os.File) {}

func lockNamed(*os.File, string) bool { return true }

func removeAbandoned(string) {}
