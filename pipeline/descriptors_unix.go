//go:build unix

package pipeline

import "golang.org/x/sys/unix"

var descriptorErrors = []error{unix.EMFILE, unix.ENFILE}
