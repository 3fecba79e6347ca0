//go:build unix

package reader

import "golang.org/x/sys/unix"

var descriptorErrors = []error{unix.EMFILE, unix.ENFILE}
