//go:build unix

package process

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// dieOf ends the process by a signal that was delayed.
func dieOf(sig os.Signal) {
	number := sig.(syscall.Signal)
	signal.Reset(sig)
	defaultSignals([]os.Signal{sig})
	_ = syscall.Kill(syscall.Getpid(), number)
	time.Sleep(time.Second) // another thread may receive the signal
	os.Exit(128 + int(number))
}
