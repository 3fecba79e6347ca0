//go:build !unix

package process

import "os"

// dieOf ends the process with the status that Go gives it on such an occasion.
func dieOf(os.Signal) { os.Exit(2) }
