//go:build linux && !(amd64 || arm64 || riscv64)

package process

// The kernel's struct sigaction differs on these architectures, so signals stay as the
// Go runtime handles them.
func restoreSignals() {}
