//go:build !amd64 || purego

package lanes

import "runtime"

// detect returns nothing: there is no assembly here.
func detect() Features { return 0 }

// family returns Unknown: there is nothing to choose among.
func family() Family { return Unknown }

// Processor returns what kind of CPU this is.
func Processor() string { return runtime.GOARCH }
