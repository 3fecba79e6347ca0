//go:build linux || darwin || freebsd

package main

import (
	"os"
	"syscall"
)

// blocksRead returns how many blocks of blockSize the kernel fetched from a disk
// for the process: 0 if all that it read was in the page cache.
func blocksRead(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return int64(usage.Inblock)
}
