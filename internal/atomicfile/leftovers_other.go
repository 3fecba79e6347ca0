//go:build !unix

package atomicfile

import "os"

// Without flock(2) nothing tells a file that was left behind from one in use.

func lock(*os.File) {}

func lockNamed(*os.File, string) bool { return true }

func removeAbandoned(string) {}
