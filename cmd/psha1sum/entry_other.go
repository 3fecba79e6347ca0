//go:build !linux

package main

import "github.com/psha1sum/psha1sum/internal/process"

// inherited returns the state in which the process started, as far as it is known on this
// system.
func inherited() process.Inherited { return process.Inherited{} }
