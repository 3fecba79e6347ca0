//go:build linux || darwin || freebsd

package main

import (
	"os"
	"syscall"
)

// blocksRead returns how many blocks of blockSize bytes the process read from disk: 0
// if everything was in the page cache.
func blocksRead(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return int64(usage.Inblock)
}
