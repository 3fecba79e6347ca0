//go:build !(linux && (amd64 || arm64 || riscv64))

package process

import (
	"os"
	"os/signal"
	"syscall"
)

// On these platforms signals are handled by the Go runtime.

// DeadlySignals are the signals that end a Go program by default.
var DeadlySignals = []os.Signal{
	syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGABRT, syscall.SIGPIPE,
}

func isIgnored(sig os.Signal) bool { return signal.Ignored(sig) }

func catchSignals([]os.Signal) {}

func defaultSignals([]os.Signal) {}
