//go:build !linux

package main

import "errors"

// dropFile fails: what other systems offer, if anything, is not reliable.
func dropFile(string) (resident, pages int64, err error) { return 0, 0, errors.ErrUnsupported }

func dropInodes() error { return errors.ErrUnsupported }
