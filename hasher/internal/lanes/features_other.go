//go:build !amd64 || purego

package lanes

import "runtime"

// detect returns none: there is no assembly for this platform.
func detect() Features { return 0 }

// family returns Unknown: there are no kernels to choose from.
func family() Family { return Unknown }

// Processor returns the CPU's architecture.
func Processor() string { return runtime.GOARCH }
