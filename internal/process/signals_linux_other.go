//go:build linux && !(amd64 || arm64 || riscv64)

package process

// The kernel's struct sigaction differs here, so signals stay as the Go runtime
// treats them.
func restoreSignals() {}
