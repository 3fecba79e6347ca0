//go:build !linux

package main

import "github.com/psha1sum/psha1sum/internal/process"

// inherited is what the process was when it began, as far as that is known here.
func inherited() process.Inherited { return process.Inherited{} }
