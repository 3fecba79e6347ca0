//go:build !linux

package main

import "errors"

// dropFile can't: what other systems offer, if anything, drops nothing for sure.
func dropFile(string) (resident, pages int64, err error) { return 0, 0, errors.ErrUnsupported }

func dropInodes() error { return errors.ErrUnsupported }
