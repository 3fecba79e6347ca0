//go:build !unix

package process

import "os"

// dieOf ends the process with Go's exit status for signals.
func dieOf(os.Signal) { os.Exit(2) }
